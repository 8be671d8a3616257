"""What a connector costs the machine that it runs on."""
