"""GSTIN and phone numbers by the names this service uses; the rules are in altscore_libs."""

from altscore_libs.identifiers import Gstin as Gst
from altscore_libs.identifiers import Phone, normal_gstin
from altscore_libs.identifiers import parse_gstin as verified_gst
from altscore_libs.identifiers import parse_phone as normal_phone

__all__ = ["Gst", "Phone", "normal_gstin", "normal_phone", "verified_gst"]
