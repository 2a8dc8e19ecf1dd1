"""The process and the machine: errors, files, locks, cores, devices, interruptions."""
