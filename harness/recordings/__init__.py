"""What a real exchange said through our gateway: recorded, held against a description, replayed."""
