"""What the API answers, one Struct for each shape.

The Structs are the answers, the OpenAPI document's schemas and the table in
docs/reference.md. A field is added here and nowhere else.
"""
