"""The policies of this moment, and what others would have done."""
