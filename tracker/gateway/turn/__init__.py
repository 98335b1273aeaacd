"""One model call: deciding what is sent, sending again, and recording."""
