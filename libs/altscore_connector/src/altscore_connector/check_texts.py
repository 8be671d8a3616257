"""What `check` and failed requests say, and what to do, in English and Hindi; rule: (English, Hindi)."""

from collections.abc import Mapping

IN_ORDER: Mapping[str, tuple[str, str]] = {
    "config_ok": ("The configuration is complete.", "कॉन्फ़िगरेशन पूरा है।"),
    "keystore_ok": ("The keystore opens.", "कीस्टोर खुलता है।"),
    "certificate_ok": ("Our certificate holds for {days} days.", "हमारा प्रमाणपत्र {days} दिन और मान्य है।"),
    "certificate_ends_soon": (
        "Our certificate ends in {days} days; sync renews it by itself, `rotate` does it now.",
        "हमारा प्रमाणपत्र {days} दिन में समाप्त होगा; sync उसे स्वयं नया करेगा, `rotate` अभी कर देगा।",
    ),
    "proxy_unused": (
        "The system names a proxy and the connector does not use it; if the direct way is closed, set ingestion.proxy.",
        "सिस्टम में प्रॉक्सी है पर कनेक्टर उसका उपयोग नहीं करता; सीधा रास्ता बंद हो तो ingestion.proxy लिखें।",
    ),
    "proxy_ok": ("The proxy can be reached.", "प्रॉक्सी तक पहुँच है।"),
    "dns_ok": ("The name of the service is known.", "सेवा का नाम मिल गया।"),
    "connection_ok": ("The service can be reached.", "सेवा तक पहुँच है।"),
    "tls_ok": ("Both certificates are accepted.", "दोनों प्रमाणपत्र स्वीकार हुए।"),
    "clock_ok": ("This machine's clock is right.", "इस मशीन की घड़ी सही है।"),
    "clock_unknown": ("The service told no time to compare with.", "तुलना के लिए सेवा ने समय नहीं बताया।"),
    "key_ok": ("The API key is accepted.", "API key स्वीकार हुई।"),
    "secret_ok": ("The signing secret is accepted.", "signing secret स्वीकार हुआ।"),
    "installation_ok": ("No other installation of the connector sends.", "कनेक्टर का कोई दूसरा इंस्टॉलेशन नहीं भेजता।"),
    "quota_ok": ("The hourly quota was not spent at the last sync.", "पिछली बार घंटे की सीमा पूरी नहीं हुई थी।"),
    "state_ok": ("The state file can be written.", "state फ़ाइल लिखी जा सकती है।"),
    "state_in_use": (
        "A connector is running with the state file, as it should while the service is installed.",
        "state फ़ाइल के साथ एक कनेक्टर चल रहा है; सेवा लगी हो तो यही ठीक है।",
    ),
}
CHECK_FAULTS: Mapping[str, tuple[str, str]] = {
    "config_unusable": (
        "The configuration cannot be used ({text}); correct the named setting, `init` writes a new file.",
        "कॉन्फ़िगरेशन उपयोग के योग्य नहीं ({text}); बताई गई सेटिंग ठीक करें, `init` नई फ़ाइल लिखता है।",
    ),
    "keystore_unusable": (
        "The keystore cannot be used ({text}); correct passphrase or path, or ask AltScore for new secrets and run "
        "`keystore`.",
        "कीस्टोर नहीं खुलता ({text}); पासफ़्रेज़ या पथ ठीक करें, या AltScore से नए secrets लेकर `keystore` चलाएँ।",
    ),
    "ca_unusable": (
        "The authority's certificate cannot be used ({text}); put ca_pem of AltScore's answer into ingestion.ca_file.",
        "CA का प्रमाणपत्र उपयोग के योग्य नहीं ({text}); AltScore के उत्तर का ca_pem ingestion.ca_file में रखें।",
    ),
    "certificate_unusable": (
        "Our certificate cannot be used ({text}); put certificate_pem of AltScore's answer into "
        "ingestion.certificate_file.",
        "हमारा प्रमाणपत्र उपयोग के योग्य नहीं ({text}); AltScore के उत्तर का certificate_pem ingestion.certificate_file में रखें।",
    ),
    "key_file_unusable": (
        "Our private key cannot be used ({text}); restore ingestion.key_file, or run `init` anew and send AltScore "
        "the new signing request.",
        "हमारी निजी कुंजी उपयोग के योग्य नहीं ({text}); ingestion.key_file लौटाएँ, या `init` फिर चलाकर नया अनुरोध "
        "AltScore को भेजें।",
    ),
    "certificate_of_another_key": (
        "Our certificate and our key do not belong together; use the key whose signing request AltScore was sent.",
        "हमारा प्रमाणपत्र और कुंजी एक दूसरे के नहीं हैं; वही कुंजी लगाएँ जिसका अनुरोध AltScore को भेजा था।",
    ),
    "certificate_expired": (
        "Our certificate has expired; send AltScore the signing request again and put the new certificate there.",
        "हमारा प्रमाणपत्र समाप्त हो गया; अनुरोध (CSR) AltScore को फिर भेजें और नया प्रमाणपत्र लगाएँ।",
    ),
    "certificate_not_yet_valid": (
        "Our certificate is not valid yet, so this machine's clock is probably behind; set the clock.",
        "हमारा प्रमाणपत्र अभी मान्य नहीं, शायद इस मशीन की घड़ी पीछे है; घड़ी ठीक करें।",
    ),
    "proxy_unreachable": (
        "The proxy of ingestion.proxy cannot be reached; check its name and port.",
        "ingestion.proxy के प्रॉक्सी तक पहुँच नहीं; उसका नाम और पोर्ट जाँचें।",
    ),
    "clock_off": (
        "This machine's clock is {minutes} minutes {direction} (the service says {at}); set it and switch on "
        "time synchronisation.",
        "इस मशीन की घड़ी {minutes} मिनट {direction_hi} है (सेवा का समय {at}); घड़ी ठीक करें और समय-सिंक चालू करें।",
    ),
    "key_refused": (
        "The API key is refused: it was replaced, has expired or is of another distributor; ask AltScore for a new one "
        "and run `keystore`.",
        "API key अस्वीकार हुई: वह बदली गई, समाप्त हुई या दूसरे वितरक की है; AltScore से नई लेकर `keystore` चलाएँ।",
    ),
    "secret_refused": (
        "The API key is accepted and the signing secret is not; use the secret that came with this key, or ask "
        "AltScore for both anew.",
        "API key स्वीकार हुई पर signing secret नहीं; इसी key के साथ मिला secret लगाएँ, या AltScore से दोनों नए लें।",
    ),
    "installation_other": (
        "Another installation ({other}) sends, {when}, so this one is refused; stop one of them, or run `take-over` "
        "here.",
        "दूसरा इंस्टॉलेशन ({other}) भेजता है, {when_hi}, इसलिए यह रोका जाता है; एक को बंद करें, या यहाँ `take-over` चलाएँ।",
    ),
    "quota_spent": (
        "The hourly quota is spent; sync goes on by itself, and AltScore opens a window for a first large transfer.",
        "घंटे की सीमा पूरी हो गई; sync स्वयं आगे चलेगा, पहली बड़ी खेप के लिए AltScore विशेष समय खोलता है।",
    ),
    "service_busy": (
        "AltScore answers {status}; nothing is wrong here, try again later.",
        "AltScore का उत्तर {status} है; यहाँ कोई गड़बड़ी नहीं, बाद में फिर कोशिश करें।",
    ),
    "another_server": (
        "Another server answered, perhaps a sign-in page of the network or a proxy; open it in a browser, or check "
        "ingestion.url.",
        "किसी दूसरे सर्वर ने उत्तर दिया, शायद नेटवर्क का साइन-इन पृष्ठ या प्रॉक्सी; ब्राउज़र में खोलें या ingestion.url जाँचें।",
    ),
    "state_unusable": (
        "The state file cannot be used ({text}); check its disk, its rights and the setting state_file.",
        "state फ़ाइल उपयोग के योग्य नहीं ({text}); डिस्क, अधिकार और state_file जाँचें।",
    ),
    "disk_full": (
        "The disk of the state file has less than 200 MB left; make room.",
        "state फ़ाइल की डिस्क में 200 MB से कम जगह है; जगह बनाएँ।",
    ),
}
# These stand inside a longer sentence of a failed sync too, so they begin small.
REQUEST_FAULTS: Mapping[str, tuple[str, str]] = {
    "our_certificate_expired": (
        "our certificate has expired (ingestion.certificate_file); ask AltScore for a new one",
        "हमारा प्रमाणपत्र समाप्त हो गया (ingestion.certificate_file); AltScore से नया लें",
    ),
    "our_certificate_revoked": (
        "our certificate was revoked; ask AltScore",
        "हमारा प्रमाणपत्र रद्द किया गया; AltScore से पूछें",
    ),
    "our_authority_unknown": (
        "the service does not know the authority of our certificate (ingestion.certificate_file); use the certificate "
        "that AltScore sent",
        "सेवा हमारे प्रमाणपत्र के CA को नहीं जानती (ingestion.certificate_file); AltScore का भेजा प्रमाणपत्र लगाएँ",
    ),
    "our_certificate_missing": (
        "the service asks for a certificate and got none (ingestion.certificate_file); use the one that AltScore sent",
        "सेवा प्रमाणपत्र माँगती है, मिला नहीं (ingestion.certificate_file); AltScore का भेजा हुआ लगाएँ",
    ),
    "our_certificate_refused": (
        "the service does not accept our certificate (ingestion.certificate_file); ask AltScore",
        "सेवा हमारा प्रमाणपत्र नहीं मानती (ingestion.certificate_file); AltScore से पूछें",
    ),
    "tls_not_agreed": (
        "TLS could not be agreed on; exempt the service from inspection by a proxy or virus scanner",
        "TLS पर सहमति नहीं बनी; बीच में प्रॉक्सी या एंटीवायरस हो सकता है, सेवा को उसकी जाँच से बाहर रखें",
    ),
    "their_certificate_expired": (
        "the service's certificate has expired, or this machine's clock is wrong; set the clock, else tell AltScore",
        "सेवा का प्रमाणपत्र समाप्त है, या इस मशीन की घड़ी ग़लत है; घड़ी ठीक करें, नहीं तो AltScore को बताएँ",
    ),
    "their_certificate_not_yet_valid": (
        "the service's certificate is not valid yet; this machine's clock is probably wrong, set it",
        "सेवा का प्रमाणपत्र अभी मान्य नहीं; शायद इस मशीन की घड़ी ग़लत है, ठीक करें",
    ),
    "their_certificate_of_another_name": (
        "the service's certificate is for another name; check ingestion.url",
        "सेवा का प्रमाणपत्र दूसरे नाम का है; ingestion.url जाँचें",
    ),
    "their_authority_unknown": (
        "the service's certificate is not from the authority in ingestion.ca_file; a proxy or virus scanner may stand "
        "between, or ca_file is not AltScore's",
        "सेवा का प्रमाणपत्र ingestion.ca_file के CA का नहीं; बीच में प्रॉक्सी या एंटीवायरस हो सकता है, या ca_file AltScore की नहीं",
    ),
    "dns_unknown": (
        "the name of the service is not known here (DNS); check ingestion.url and the network",
        "सेवा का नाम यहाँ नहीं मिलता (DNS); ingestion.url और नेटवर्क जाँचें",
    ),
    "connection_refused": (
        "nothing listens at ingestion.url; check its port and the firewall",
        "ingestion.url पर कोई सेवा नहीं सुन रही; पोर्ट और फ़ायरवॉल जाँचें",
    ),
    "connection_timeout": (
        "the service did not answer in time; check the network and the firewall",
        "सेवा ने समय पर उत्तर नहीं दिया; नेटवर्क और फ़ायरवॉल जाँचें",
    ),
    "proxy_refused": (
        "the proxy of ingestion.proxy refuses the connection; have the service's name allowed there",
        "ingestion.proxy का प्रॉक्सी कनेक्शन रोकता है; वहाँ सेवा के नाम की अनुमति दिलाएँ",
    ),
    "connection_failed": (
        "the connection failed ({kind}); check the network",
        "कनेक्शन टूट गया ({kind}); नेटवर्क जाँचें",
    ),
}
TEXTS: Mapping[str, tuple[str, str]] = {**IN_ORDER, **CHECK_FAULTS, **REQUEST_FAULTS}


def sentence(rule: str, *, is_hindi: bool = False, **values: str | int) -> str:
    """The sentence of a rule with its values."""
    return TEXTS[rule][int(is_hindi)].format(**values)
