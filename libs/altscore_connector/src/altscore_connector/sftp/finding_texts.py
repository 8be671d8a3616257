"""What the findings of an SFTP folder mean and what to do about them, in English and Hindi."""

from collections.abc import Mapping

SFTP_TEXTS: Mapping[str, tuple[str, str]] = {
    "file_changed_while_read": (
        "The file was written again while it was fetched; nothing of it is used now, the next sync fetches it.",
        "फ़ाइल लाते समय फिर से लिखी गई; अभी उसका कुछ नहीं लिया गया, अगली बार लाई जाएगी।",
    ),
    "file_gone": (
        "The file was taken away while it was fetched; nothing of it is used.",
        "फ़ाइल लाते समय हटा दी गई; उसका कुछ नहीं लिया गया।",
    ),
    "file_not_readable": (
        "The SFTP user may not read the file; give it the right to read.",
        "SFTP उपयोगकर्ता को यह फ़ाइल पढ़ने का अधिकार नहीं; उसे पढ़ने का अधिकार दें।",
    ),
    "file_too_large": (
        "The file is larger than 512 MB and was not fetched; export shorter periods.",
        "फ़ाइल 512 MB से बड़ी है और नहीं लाई गई; छोटी अवधि का निर्यात करें।",
    ),
    "file_name_unusable": (
        "A file's name cannot be used here, as one with a slash, a colon or letters that are not UTF-8; rename it.",
        "किसी फ़ाइल का नाम यहाँ नहीं चल सकता, जैसे स्लैश या कोलन वाला; उसका नाम बदलें।",
    ),
    "file_names_alike": (
        "Two files differ only in capital letters, which not every system tells apart; rename one of them.",
        "दो फ़ाइलों के नाम केवल बड़े-छोटे अक्षरों में भिन्न हैं; एक का नाम बदलें।",
    ),
}
