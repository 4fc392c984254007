"""What we say: the letter in its formats, every mail, every refusal, made from what holds now."""
