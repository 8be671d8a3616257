"""Rights of retailers under the DPDP Act: access, correction, erasure, nominee; each request on its clock."""
