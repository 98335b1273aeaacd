"""What a process does with requests: reports at once, all else when it is imported."""
