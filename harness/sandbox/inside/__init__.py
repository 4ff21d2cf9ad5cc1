"""What is shipped into the sandbox: standard library only, Python 3.7 to 3.14."""
