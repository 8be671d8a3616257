"""A distributor's SFTP server: OpenSSH's sshd behind a relay that can stall and cut."""
