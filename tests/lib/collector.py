#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright The pam_mfa authors
"""Stands in for syslogd in the sandbox: collector.py FILE. Also switches the sandbox's loopback on."""
import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def main():
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    loopback_up()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)
    server.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    if os.fork() != 0:
        os._exit(0)  # ready: the caller goes on
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    while True:
        line = server.recv(65536)
        os.write(log, line.replace(b"\n", b"\\n").rstrip(b"\0") + b"\n")


main()
