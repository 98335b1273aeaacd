"""The OpenAPI document, built from the Structs that the code itself uses."""
