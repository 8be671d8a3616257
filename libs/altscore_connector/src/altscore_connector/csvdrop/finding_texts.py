"""What the findings of a drop folder mean and what to do about them, in English and Hindi."""

from collections.abc import Mapping

CSV_TEXTS: Mapping[str, tuple[str, str]] = {
    "file_locked": (
        "The file cannot be opened, perhaps because another program has it open; close it there.",
        "फ़ाइल खुल नहीं सकी, शायद किसी और प्रोग्राम में खुली है; उसे वहाँ बंद करें।",
    ),
    "digest_differs": (
        "The file is not the one whose digest stands in its .sha256; copy both again, or remove the .sha256.",
        "फ़ाइल अपने .sha256 से मेल नहीं खाती; दोनों फिर से कॉपी करें या .sha256 हटा दें।",
    ),
    "file_still_grows": (
        "The file is still being written; it is read at the next sync.",
        "फ़ाइल अभी लिखी जा रही है; अगली बार पढ़ी जाएगी।",
    ),
    "file_time_impossible": (
        "The file's time lies before 2000 or in the future; set the clock right and export again.",
        "फ़ाइल का समय सन 2000 से पहले या आगे का है; घड़ी ठीक करके फिर निर्यात करें।",
    ),
    "file_not_archived": (
        "The file is read and could not be moved to the archive; check its permissions. It is not read twice.",
        "फ़ाइल पढ़ ली गई पर संग्रह में नहीं जा सकी; अनुमति जाँचें। वह दोबारा नहीं पढ़ी जाएगी।",
    ),
    "period_not_declared": (
        "The file only adds and corrects; deleted documents are withdrawn by files named like complete_2026-07.csv.",
        "यह फ़ाइल केवल जोड़ती और सुधारती है; हटाए गए दस्तावेज़ complete_2026-07.csv जैसे नाम वाली फ़ाइल से हटते हैं।",
    ),
    "period_unreadable": (
        "The name says complete without a period; write complete_2026-07 or complete_2026-07-01_2026-07-31.",
        "नाम में complete है पर अवधि नहीं; complete_2026-07 या complete_2026-07-01_2026-07-31 लिखें।",
    ),
    "period_not_complete": (
        "A row without identity was left out, so nothing of the period is withdrawn; repair the row and export again.",
        "एक पंक्ति छूट गई, इसलिए इस अवधि से कुछ वापस नहीं लिया गया; पंक्ति ठीक करके फिर निर्यात करें।",
    ),
    "file_empty": ("The file holds nothing; export it again.", "फ़ाइल ख़ाली है; फिर निर्यात करें।"),
    "encoding_unreadable": (
        "The file is neither UTF-8, nor UTF-16 with its mark, nor Windows-1252; save it as CSV UTF-8.",
        "फ़ाइल की एन्कोडिंग समझ में नहीं आई; उसे CSV UTF-8 में सहेजें।",
    ),
    "mixed_encodings": (
        "Lines of two encodings stand in one file, as after joining two; export it in one piece.",
        "एक फ़ाइल में दो एन्कोडिंग हैं, जैसे दो फ़ाइलें जोड़ने पर; एक बार में निर्यात करें।",
    ),
    "quotes_unbalanced": (
        "A quotation mark is opened and not closed; export the file again as CSV.",
        "उद्धरण चिह्न खुला है पर बंद नहीं; फ़ाइल फिर से CSV में निर्यात करें।",
    ),
    "no_header": (
        "No line names the needed columns; name your headers in [csv.columns].",
        "किसी पंक्ति में ज़रूरी कॉलम नहीं मिले; अपने कॉलम के नाम [csv.columns] में लिखें।",
    ),
    "column_missing": (
        "The header lacks the named columns; export them or name your headers in [csv.columns].",
        "शीर्षक में बताए गए कॉलम नहीं हैं; उन्हें निर्यात करें या [csv.columns] में नाम लिखें।",
    ),
    "column_twice": (
        "A column stands twice, so that it is not certain which one holds; remove one or list it in ignored_columns.",
        "एक कॉलम दो बार है; एक हटाएँ या ignored_columns में लिखें।",
    ),
    "file_of_two_kinds": (
        "The file has the columns of invoices and of receipts; list one date column in ignored_columns.",
        "फ़ाइल में बिल और रसीद दोनों के कॉलम हैं; एक तारीख़ कॉलम ignored_columns में लिखें।",
    ),
    "receipts_not_expected": (
        'Payments come from elsewhere by the settings, so this receipts file is not read; set payments = "receipts".',
        'सेटिंग के अनुसार भुगतान कहीं और से आते हैं, इसलिए यह रसीद फ़ाइल नहीं पढ़ी गई; payments = "receipts" लिखें।',
    ),
    "paid_beside_receipts": (
        "Payments come from receipts, so the Paid column is not counted; list Paid and Paid Date in ignored_columns.",
        "भुगतान रसीदों से आते हैं, इसलिए Paid कॉलम नहीं गिना गया; Paid और Paid Date को ignored_columns में लिखें।",
    ),
    "total_differs": (
        "The total line is not the sum of the rows above it, so a row is lost or broken; export the file again.",
        "कुल योग ऊपर की पंक्तियों के जोड़ से अलग है; फ़ाइल फिर निर्यात करें।",
    ),
    "row_length": (
        "The row has more or fewer cells than the header, as with a comma without quotes; nothing of it is used.",
        "पंक्ति में शीर्षक से कम या ज़्यादा खाने हैं, जैसे बिना उद्धरण के अल्पविराम; वह नहीं ली गई।",
    ),
    "number_missing": (
        "The row has an amount and no document number; fill it in and export again.",
        "पंक्ति में राशि है पर नंबर नहीं; भरकर फिर निर्यात करें।",
    ),
    "number_in_scientific_form": (
        "A spreadsheet turned the document number into a form like 1.2E+11; format the column as text.",
        "स्प्रेडशीट ने नंबर को 1.2E+11 जैसा बना दिया; कॉलम को टेक्स्ट बनाएँ।",
    ),
    "number_too_long": (
        "The document number has more than 40 characters; shorten it.",
        "नंबर 40 अक्षरों से लंबा है; छोटा करें।",
    ),
    "text_damaged": (
        "The name or number holds a replacement mark for a lost character; export again as CSV UTF-8.",
        "नाम या नंबर का कोई अक्षर बिगड़ गया है; CSV UTF-8 में फिर निर्यात करें।",
    ),
    "party_missing": (
        "The row has no party; write the retailer's name.",
        "पंक्ति में पार्टी नहीं है; दुकानदार का नाम लिखें।",
    ),
    "date_missing": ("The row has no date; fill it in.", "पंक्ति में तारीख़ नहीं है; भरें।"),
    "date_in_another_form": (
        "The date has another form than date_format says; correct the setting or the export. The file is read again.",
        "तारीख़ date_format से अलग रूप में है; सेटिंग या निर्यात ठीक करें। फ़ाइल फिर पढ़ी जाएगी।",
    ),
    "date_unreadable": (
        "The cell is no date of the calendar in the form of date_format; correct it.",
        "यह date_format के अनुसार कोई तारीख़ नहीं है; ठीक करें।",
    ),
    "date_out_of_range": (
        "The date lies before 2000 or after 2999; correct it.",
        "तारीख़ सन 2000 से पहले या 2999 के बाद की है; ठीक करें।",
    ),
    "amount_missing": ("The row has no amount; fill it in.", "पंक्ति में राशि नहीं है; भरें।"),
    "amount_ambiguous": (
        "The amount can be read in two ways; check decimal_mark and the grouping.",
        "राशि दो तरह से पढ़ी जा सकती है; decimal_mark और अंकों का समूह जाँचें।",
    ),
    "amount_no_number": (
        "The amount is no certain number of rupees; write it like 1,18,000.00 or (1,180.00).",
        "राशि साफ़ संख्या नहीं है; 1,18,000.00 या (1,180.00) जैसा लिखें।",
    ),
    "amount_out_of_range": (
        "The amount cannot be true: above 10,000,000,000 rupees, or a negative Paid; correct it.",
        "राशि संभव नहीं है: बहुत बड़ी है, या Paid ऋणात्मक है; ठीक करें।",
    ),
    "receipt_negative": (
        "A receipt is negative; state the original receipt as cancelled or with the mode bounced instead.",
        "रसीद ऋणात्मक है; मूल रसीद को cancelled या bounced लिखें।",
    ),
    "status_unknown": (
        "The status is not a known one, so the row was left out; write cancelled, empty it, or ignore the column.",
        "स्थिति समझ में नहीं आई, पंक्ति छोड़ दी गई; cancelled लिखें, ख़ाली छोड़ें, या उस कॉलम को ignored_columns में लिखें।",
    ),
    "currency_foreign": (
        "The amount is not in rupees and was left out; export the amount in rupees.",
        "राशि रुपये में नहीं है, वह छोड़ दी गई; राशि रुपये में निर्यात करें।",
    ),
    "row_is_no_invoice": (
        "By its type the row is neither an invoice nor a credit note, so it was left out; export these alone.",
        "प्रकार के अनुसार यह पंक्ति न बिल है न क्रेडिट नोट, छोड़ दी गई; केवल वही निर्यात करें।",
    ),
    "number_repeated": (
        'The number stands twice with different rows; if a row is an item of an invoice, set rows = "items".',
        'एक ही नंबर दो अलग पंक्तियों में है; यदि पंक्ति बिल की एक वस्तु है तो rows = "items" लिखें।',
    ),
    "heads_differ": (
        "The rows of one number differ in date, party, due date, payment or status; make them agree.",
        "एक नंबर की पंक्तियों में तारीख़, पार्टी, देय तिथि, भुगतान या स्थिति अलग है; एक जैसी करें।",
    ),
    "row_repeated": (
        "The same line stands twice in a receipt, so that it may be one or two payments; export it once, or sum it.",
        "रसीद में एक ही पंक्ति दो बार है; एक बार रखें या जोड़ दें।",
    ),
    "two_files_of_one_time": (
        "Two files with the same time state the document differently; export it again.",
        "एक ही समय की दो फ़ाइलें दस्तावेज़ को अलग बताती हैं; फिर निर्यात करें।",
    ),
    "receipt_over_two_files": (
        "Two files hold different lines of the receipt; export it whole in one file, or declare the file's period.",
        "रसीद की पंक्तियाँ दो फ़ाइलों में हैं; पूरी रसीद एक फ़ाइल में निर्यात करें या फ़ाइल की अवधि बताएँ।",
    ),
    "payment_post_dated": (
        "The date of the payment lies in the future; it is counted when its day has come.",
        "भुगतान की तारीख़ आगे की है; वह अपने दिन पर गिना जाएगा।",
    ),
    "payment_unreadable": (
        "Paid or Paid Date cannot be read, so the payment was left out and the invoice kept; correct the cell.",
        "Paid या Paid Date पढ़ा नहीं जा सका; भुगतान छूटा, बिल रखा गया; ठीक करें।",
    ),
    "optional_date_dropped": (
        "A date that may be missing cannot be read and was dropped; the record is kept.",
        "एक वैकल्पिक तारीख़ पढ़ी नहीं जा सकी और छोड़ी गई; रिकॉर्ड रखा गया।",
    ),
    "due_date_implausible": (
        "The due date lies before the invoice or more than three years after it and was dropped.",
        "देय तिथि बिल से पहले या तीन वर्ष से अधिक बाद की है; छोड़ी गई।",
    ),
    "bill_too_long": (
        "The invoice number that a receipt names has more than 64 characters; the payment counts on account.",
        "रसीद में बिल नंबर 64 अक्षरों से लंबा है; भुगतान खाते में गिना गया।",
    ),
    "gstin_unreadable": (
        "The GSTIN has not the form of one and was dropped; the record is kept.",
        "GSTIN सही रूप में नहीं है; छोड़ा गया, रिकॉर्ड रखा गया।",
    ),
    "phone_is_landline": (
        "The phone number is a landline, which cannot receive messages; enter the mobile number.",
        "फ़ोन नंबर लैंडलाइन है; मोबाइल नंबर लिखें।",
    ),
    "phone_unreadable": (
        "The phone number is no Indian mobile number and was dropped; enter the mobile number.",
        "फ़ोन नंबर भारतीय मोबाइल नंबर नहीं है; मोबाइल नंबर लिखें।",
    ),
}
