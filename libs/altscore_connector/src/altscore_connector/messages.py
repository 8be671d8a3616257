"""What a finding means and what to do about it, in English and Hindi."""

from collections.abc import Iterable, Mapping

from altscore_connector.csvdrop.finding_texts import CSV_TEXTS
from altscore_connector.records import Finding
from altscore_connector.sftp.finding_texts import SFTP_TEXTS

# rule: (English, Hindi); both name the thing and the remedy, never a value.
_TEXTS: Mapping[str, tuple[str, str]] = {
    **CSV_TEXTS,
    **SFTP_TEXTS,
    "company_not_loaded": (
        "The company is not open in Tally, so nothing of it was read; open it there or correct tally.companies.",
        "यह कंपनी Tally में खुली नहीं है, इसलिए उसका कुछ नहीं पढ़ा गया; उसे खोलें या tally.companies ठीक करें।",
    ),
    "company_unreadable": (
        "Tally's answer for this company did not hold; nothing of it is sent now, the next sync reads it again.",
        "इस कंपनी के लिए Tally का उत्तर अधूरा था; अभी कुछ नहीं भेजा गया, अगली बार फिर पढ़ा जाएगा।",
    ),
    "voucher_unreadable": (
        "The voucher cannot be read and was left out; open it in Tally and check its date and its amounts.",
        "यह वाउचर पढ़ा नहीं जा सका और छोड़ दिया गया; Tally में उसकी तारीख़ और राशि जाँचें।",
    ),
    "amount_unreadable": (
        "An amount of the voucher has no base value in rupees, so the voucher was left out; check its currency.",
        "वाउचर की राशि रुपये में नहीं मिली, इसलिए वह छोड़ दिया गया; उसकी मुद्रा जाँचें।",
    ),
    "ledger_unknown": (
        "The voucher names a ledger that Tally did not list, or lists twice; it is read again at the next sync. If "
        "this stays, give every ledger a name of its own, then open and save the voucher in Tally.",
        "वाउचर का खाता Tally की सूची में नहीं मिला, या उस नाम के दो खाते हैं; अगली बार फिर पढ़ा जाएगा। बना रहे तो हर खाते "
        "का नाम अलग रखें, फिर वाउचर खोलकर सहेजें।",
    ),
    "opening_bill_unreadable": (
        "An opening bill of a ledger has no readable date or amount and was left out; check it in the ledger in Tally.",
        "किसी खाते के पुराने बिल की तारीख़ या राशि पढ़ी नहीं जा सकी, वह छोड़ दिया गया; Tally में उस खाते में जाँचें।",
    ),
    "credit_note_charges": (
        "The credit note charges a debtor more than it returns, so it was left out; enter the charge as a sale.",
        "यह क्रेडिट नोट देनदार से वापसी से अधिक वसूलता है, इसलिए छोड़ दिया गया; वसूली को बिक्री के रूप में दर्ज करें।",
    ),
    "post_dated": (
        "The voucher is dated in the future; it is sent when its day has come.",
        "वाउचर की तारीख़ आगे की है; वह अपने दिन पर भेजा जाएगा।",
    ),
    "credit_period_unknown": (
        "The credit period is in no known unit, or longer than three years; default terms were used and flagged.",
        "उधार अवधि की इकाई समझ में नहीं आई, या वह तीन वर्ष से लंबी है; तय अवधि लगाई गई और चिह्नित की गई।",
    ),
    "debtor_without_guid": (
        "A debtor has no identity in Tally's answer and was left out; open and save the ledger in Tally.",
        "एक देनदार की पहचान Tally से नहीं मिली, वह छोड़ दिया गया; Tally में खाता खोलकर सहेजें।",
    ),
    "no_vouchers_left": (
        "Tally shows no voucher of this class although some were sent; nothing was withdrawn. Check that the right "
        "company and period are open.",
        "Tally में इस प्रकार का कोई वाउचर नहीं दिखा जबकि पहले भेजे गए थे; कुछ वापस नहीं लिया गया। कंपनी और अवधि जाँचें।",
    ),
    "reversal_without_receipt": (
        "Money was taken back from a debtor, but no receipt fits it; check the voucher's bill or instrument number.",
        "देनदार से राशि वापस ली गई पर कोई रसीद मेल नहीं खाती; वाउचर का बिल या चेक नंबर जाँचें।",
    ),
    "alter_id_went_back": (
        "Tally's counter went back, as after restoring a backup; the whole company was read again.",
        "Tally की गिनती पीछे गई, जैसे बैकअप लौटाने पर; पूरी कंपनी फिर पढ़ी गई।",
    ),
    "vouchers_differ_unaltered": (
        "Vouchers are back or differ although Tally gave them no new number, as after restoring a backup or moving a "
        "ledger to another group; the whole company was read again.",
        "कुछ वाउचर लौटे या बदले हैं पर Tally ने नया नंबर नहीं दिया, जैसे बैकअप लौटाने या खाते का समूह बदलने पर; पूरी कंपनी फिर पढ़ी गई।",
    ),
    "sap_amount_unreadable": (
        "An amount of the document has no value in rupees, so it was left out; check its currency and its total.",
        "दस्तावेज़ की राशि रुपये में नहीं मिली, इसलिए वह छोड़ दिया गया; उसकी मुद्रा और कुल राशि जाँचें।",
    ),
    "sap_date_unreadable": (
        "A date of the document cannot be read, so it was left out; open it in SAP Business One and check its dates.",
        "दस्तावेज़ की तारीख़ पढ़ी नहीं जा सकी, वह छोड़ दिया गया; SAP Business One में तारीख़ें जाँचें।",
    ),
    "sap_key_unreadable": (
        "The document has no number of its own in the answer and was left out; tell AltScore.",
        "उत्तर में दस्तावेज़ की अपनी संख्या नहीं थी, वह छोड़ दिया गया; AltScore को बताएँ।",
    ),
    "sap_status_unknown": (
        "Whether the document is cancelled cannot be told from the answer, so it was left out; tell AltScore.",
        "उत्तर से पता नहीं चलता कि दस्तावेज़ रद्द है या नहीं, इसलिए वह छोड़ दिया गया; AltScore को बताएँ।",
    ),
    "sap_partner_unknown": (
        "The document's business partner is not among the customers, so it was left out; check the partner's type.",
        "दस्तावेज़ का पार्टनर ग्राहकों में नहीं है, इसलिए वह छोड़ दिया गया; पार्टनर का प्रकार जाँचें।",
    ),
    "sap_payment_does_not_add_up": (
        "The payment settles more than came in, by cards, or in another currency, so it was left out; check its means.",
        "भुगतान में आई राशि से अधिक चुकाया गया है, या कार्ड या दूसरी मुद्रा से; वह छोड़ दिया गया। उसके साधन जाँचें।",
    ),
    "sap_posting_credits_customer": (
        "A journal entry credits a customer and was left out: whether it is a payment cannot be told. Enter it as one.",
        "जर्नल एंट्री ग्राहक को क्रेडिट करती है; यह भुगतान है या नहीं, पता नहीं चलता, छोड़ दी गई। उसे भुगतान के रूप में दर्ज करें।",
    ),
    "memory_behind": (
        "AltScore has newer batches than this connector remembers, as after restoring a backup of its state file, "
        "losing it, or a sync on another computer; what AltScore holds was taken over and everything is read again. "
        "Let one computer alone sync, and move files of the archive back into the folder.",
        "AltScore के पास इस कनेक्टर की स्मृति से नए बैच हैं, जैसे state फ़ाइल का बैकअप लौटाने, उसके खोने या दूसरे कंप्यूटर से भेजने पर; "
        "AltScore का रिकॉर्ड लिया गया और सब कुछ फिर पढ़ा गया। एक ही कंप्यूटर से भेजें; archive की फ़ाइलें फ़ोल्डर में लौटाएँ।",
    ),
    "batch_refused": (
        "AltScore refused a batch; its records are read and sent again at the next sync. Tell AltScore its id.",
        "AltScore ने एक बैच अस्वीकार किया; उसके रिकॉर्ड अगली बार फिर भेजे जाएँगे। उसकी संख्या AltScore को बताएँ।",
    ),
    "records_quarantined": (
        "AltScore put records of this batch aside; `altscore-connector status` with its id names the reasons.",
        "AltScore ने इस बैच के कुछ रिकॉर्ड अलग रखे; कारण `altscore-connector status` से देखें।",
    ),
    "field_outside_scope": (
        "The record has a field outside the agreed ones, so nothing leaves the site; tell AltScore and change nothing.",
        "रिकॉर्ड में तय सूची के बाहर का एक कॉलम है, इसलिए कुछ नहीं भेजा गया; AltScore को बताएँ और कुछ न बदलें।",
    ),
    "older_statement": (
        "An older statement of a document arrived after a newer one and was not used.",
        "किसी दस्तावेज़ का पुराना रूप नए के बाद आया; वह नहीं लिया गया।",
    ),
}


def text_of(finding: Finding) -> tuple[str, str]:
    """English and Hindi sentence of a finding; a rule without a sentence speaks through its name."""
    name = finding.rule.replace("_", " ")
    return _TEXTS.get(finding.rule, (f"{name[:1].upper()}{name[1:]}.", ""))


def line_of(finding: Finding) -> str:
    """One line for the terminal: kind, where, what to do."""
    places = (
        ("file", finding.file),
        ("row", "" if finding.row is None else str(finding.row)),
        ("document", finding.key),
        ("field", finding.field),
    )
    where = ", ".join(f"{name} {value}" for name, value in places if value)
    english, _ = text_of(finding)
    return f"{finding.kind} ({finding.rule}){f' {where}' if where else ''}: {english}"


def as_json(findings: Iterable[Finding]) -> list[dict[str, str | int | None]]:
    """For the summary."""
    return [
        {
            "kind": finding.kind,
            "rule": finding.rule,
            "file": finding.file,
            "row": finding.row,
            "key": finding.key,
            "field": finding.field,
            "what_to_do": text_of(finding)[0],
            "what_to_do_hi": text_of(finding)[1],
        }
        for finding in findings
    ]
