"Ports of the loopback that nobody listens on."
import socket

def free_ports(n=1):
    "All different."
    socks = [socket.socket() for _ in range(n)]
    for s in socks: s.bind(('127.0.0.1', 0))
    ports = [s.getsockname()[1] for s in socks]
    for s in socks: s.close()
    return ports
