"An SSH server on the loopback for one user, who is let in by a key: `python tests/sshd.py FOLDER` writes the key and the known hosts there, and prints its port."
import asyncio, os, signal, sys
from pathlib import Path
import asyncssh

async def copy(source, into):
    while some := await source.read(4096): into.write(some)

async def hung_up(process): # until the other side closes its end or sends a signal
    try: await process.stdin.read()
    except asyncssh.Error: pass # SignalReceived is one

async def handle(process):
    p = await asyncio.create_subprocess_shell(process.command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True)
    done = asyncio.gather(copy(p.stdout, process.stdout), copy(p.stderr, process.stderr), p.wait())
    gone = asyncio.ensure_future(hung_up(process))
    try: await asyncio.wait([done, gone], return_when=asyncio.FIRST_COMPLETED)
    finally:
        if p.returncode is None: os.killpg(p.pid, signal.SIGKILL)
    process.exit(await p.wait())

async def main(folder):
    host, user = (asyncssh.generate_private_key('ssh-ed25519') for _ in range(2))
    user.write_private_key(folder/'key')
    (folder/'allowed').write_bytes(user.export_public_key())
    server = await asyncssh.listen('127.0.0.1', 0, server_host_keys=[host], process_factory=handle, authorized_client_keys=str(folder/'allowed'), encoding=None)
    (folder/'known').write_text(f'[127.0.0.1]:{server.get_port()} {host.export_public_key().decode()}')
    print(server.get_port(), flush=True)
    await server.wait_closed()

if __name__ == '__main__': asyncio.run(main(Path(sys.argv[1])))
