"""What a notebook shows is seen from outside: the messages that a real kernel sends to JupyterLab."""
import base64, io, os
import pytest
from jupyter_client.manager import start_new_kernel
from PIL import Image

LIVE = '''
from uda_seg.widgets import Live
with Live(True, every=0.) as live:
    for it in (1, 2): live(it, 2, dict(loss=3.-it, lr=.1))
'''

def displayed(code):
    "The messages by which a new kernel displays something while it runs the code."
    env = {k: v for k, v in os.environ.items() if k != 'MPLBACKEND'} # matplotlib as in JupyterLab, with formatters of its own
    manager, client = start_new_kernel(kernel_name='python3', env=env)
    seen = []
    try: reply = client.execute_interactive(code, output_hook=seen.append, timeout=300)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply['content']['status'] == 'ok', reply['content']
    return [m for m in seen if m['msg_type'] in ('display_data', 'update_display_data')]

@pytest.fixture(scope='module')
def live(): return displayed(LIVE)

def places(messages, kind): return [m['content']['transient'].get('display_id') for m in messages if m['msg_type'] == kind]

def test_live_line_and_curves_are_redrawn_in_place(live):
    "Two displays, each with a place of its own, and every later message goes to one of the two."
    first, later = places(live, 'display_data'), places(live, 'update_display_data')
    assert len(first) == 2 and None not in first
    assert set(later) == set(first)

def test_live_curves_are_small_pictures(live):
    "A palette image is ours; matplotlib's own would have three times the size."
    curves = [m['content']['data']['image/png'] for m in live if 'image/png' in m['content']['data']]
    assert len(curves) == 2
    assert {Image.open(io.BytesIO(base64.b64decode(c))).mode for c in curves} == {'P'}
