"""Files that a distributor puts on an SFTP server."""
