"""What holds now: one function a question. Reads only, and takes one clock."""
