"""The lenders' reference: pages made from the OpenAPI document and the catalogue of errors."""
