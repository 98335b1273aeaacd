"""What a call asks for: its address, its body, its conversation."""
