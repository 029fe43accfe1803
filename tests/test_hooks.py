"""What `make hooks` teaches git, tried in a temporary clone: status, commits and merges of notebooks; and that without it nothing changes."""
import json, shutil, subprocess
import pytest
from uda_seg.books import code_cell, git, make_notebook, open_house
from uda_seg.core import root
from uda_seg.steps import notebook_text, settle, switch_hooks

PRINTED = dict(output_type='stream', name='stdout', text=['2\n'])
APP, LIBRARY = 'nbs/train.ipynb', 'nbs/methods/fda.ipynb'
CELLS = [code_cell('a = 1 # one', 'parameters', id='p'), code_cell('print(a+1)', id='q'), code_cell('b = 3', id='r'), code_cell('c = 4', id='s')]

def ran(edit=None):
    "The notebook as JupyterLab leaves it: outputs, counts, its own settings, papermill's cell; `edit` is a cell's place and its new text."
    cells = json.loads(json.dumps(CELLS))
    for i, c in enumerate(cells): c['execution_count'] = i+1
    cells[1] |= dict(outputs=[PRINTED], metadata=dict(scrolled=True))
    if edit: cells[edit[0]]['source'] = edit[1]
    cells.insert(1, code_cell('a = 2', 'injected-parameters', id='z'))
    nb = make_notebook(*cells)
    nb['metadata'] = dict(language_info=dict(name='python', version='3.13'), kernelspec=dict(name='python3', display_name='Python 3', language='python'))
    return notebook_text(nb)

@pytest.fixture
def top(tmp_path):
    "A clone with an app and a method, committed."
    for f in ('.gitattributes', 'settings.ini'): shutil.copy(root()/f, tmp_path/f)
    for f in (APP, LIBRARY):
        (tmp_path/f).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path/f).write_text(notebook_text(make_notebook(*CELLS)))
    git(tmp_path, 'init', '-q', '-b', 'main')
    for key, value in {'user.name': 'a', 'user.email': 'a@example.org', 'core.autocrlf': 'false'}.items(): git(tmp_path, 'config', '--local', key, value)
    commit(tmp_path, 'first')
    return tmp_path

def commit(top, words):
    git(top, 'add', '-A')
    git(top, 'commit', '-q', '--allow-empty', '-m', words)

def status(top): return git(top, 'status', '--porcelain').split()
def committed(top, path): return json.loads(git(top, 'show', f'HEAD:{path}'))['cells']

def test_every_notebook_has_its_filter():
    want = {'nbs/'+b.path: 'uda_app' if b.kind == 'app' else 'uda_notebook' for b in open_house().books}
    want['nbs/results.ipynb'] = 'uda_notebook' # even before there is one
    said = git(root(), 'check-attr', '-z', 'filter', '--', *want).split('\0')
    assert dict(zip(said[::3], said[2::3])) == want

def test_a_run_leaves_the_tree_clean(top):
    switch_hooks(top)
    (top/APP).write_text(ran())
    assert git(top, 'diff') == '' and settle(top, APP) # as JupyterLab does after a save
    assert status(top) == [] and json.loads((top/APP).read_text())['cells'][3]['outputs'] == [PRINTED]

def test_outputs_from_before_are_settled(top):
    (top/APP).write_text(ran())
    switch_hooks(top)
    assert status(top) == []

def test_an_edit_is_committed_without_outputs(top):
    switch_hooks(top)
    (top/APP).write_text(ran((1, 'print(a+2)')))
    assert not settle(top, APP) and status(top) == ['M', APP]
    commit(top, 'edit')
    cells = committed(top, APP)
    assert [''.join(c['source']) for c in cells[1:]] == ['a = 1 # one', 'print(a+2)', 'b = 3', 'c = 4']
    assert cells[1]['metadata'] == {'tags': ['parameters']} and not any(c.get('outputs') or c.get('execution_count') for c in cells)

def test_the_library_keeps_its_outputs(top):
    switch_hooks(top)
    (top/LIBRARY).write_text(ran())
    commit(top, 'run')
    cell = committed(top, LIBRARY)[2]
    assert cell['outputs'] == [PRINTED] and cell['execution_count'] is None and cell['metadata'] == {}

def test_what_is_no_notebook_is_said_and_kept(top):
    switch_hooks(top)
    (top/APP).write_text('<<<<<<< HEAD')
    r = subprocess.run(['git', 'add', APP], cwd=top, capture_output=True, text=True)
    assert 'nbs/train.ipynb is no notebook' in r.stderr and git(top, 'show', f':{APP}') == '<<<<<<< HEAD'

def diverge(top):
    "Two branches that edit two cells that stand side by side."
    git(top, 'checkout', '-q', '-b', 'other')
    for branch, edit in (('other', (1, 'print(a+5)')), ('main', (2, 'b = 6'))):
        git(top, 'checkout', '-q', branch)
        (top/LIBRARY).write_text(ran(edit))
        commit(top, branch)
    return subprocess.run(['git', 'merge', '-q', '--no-edit', 'other'], cwd=top, capture_output=True, text=True)

def test_two_edits_merge(top):
    switch_hooks(top)
    assert diverge(top).returncode == 0
    cells = committed(top, LIBRARY)
    assert [''.join(c['source']) for c in cells[1:]] == ['a = 1 # one', 'print(a+5)', 'b = 6', 'c = 4']
    assert cells[1]['metadata'] == {'tags': ['parameters']} and [c['id'] for c in cells] == ['t', 'p', 'q', 'r', 's']

def test_a_conflict_leaves_a_notebook_that_opens(top):
    switch_hooks(top)
    git(top, 'checkout', '-q', '-b', 'other')
    for branch in ('other', 'main'):
        git(top, 'checkout', '-q', branch)
        (top/LIBRARY).write_text(ran((1, f'print({branch!r})')))
        commit(top, branch)
    r = subprocess.run(['git', 'merge', 'other'], cwd=top, capture_output=True, text=True)
    sources = [''.join(c['source']) for c in json.loads((top/LIBRARY).read_text())['cells']]
    assert r.returncode == 1 and "print('main')" in sources and "print('other')" in sources, r

def test_without_hooks_git_does_as_ever(top):
    "Names in .gitattributes that nobody has explained to git change nothing: outputs count, and notebooks merge as text does."
    (top/APP).write_text(ran())
    assert status(top) == ['M', APP]
    commit(top, 'run')
    assert committed(top, APP)[3]['outputs'] == [PRINTED]
    git(top, 'checkout', '-q', '-b', 'other')
    for branch, i, words in (('other', 0, 'a = 7 # one'), ('main', 3, 'c = 8')):
        git(top, 'checkout', '-q', branch)
        (top/LIBRARY).write_text(notebook_text(make_notebook(*CELLS[:i], CELLS[i] | dict(source=words), *CELLS[i+1:])))
        commit(top, branch)
    git(top, 'merge', '-q', '--no-edit', 'other')
    assert [''.join(c['source']) for c in committed(top, LIBRARY)[1:]] == ['a = 7 # one', 'print(a+1)', 'b = 3', 'c = 8']

def test_off_again(top):
    before = (top/'.git/config').read_text()
    switch_hooks(top)
    (top/APP).write_text(ran())
    assert settle(top, APP) and status(top) == []
    switch_hooks(top, False)
    assert status(top) == ['M', APP] and git(top, 'config', '--local', '--list') == settings_of(before, top)

def settings_of(text, top):
    "The settings in an older text of the clone's configuration."
    (top/'.git/older').write_text(text)
    return git(top, 'config', '--file', str(top/'.git/older'), '--list')

def test_nothing_outside_the_clone_is_touched(top, tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp('home')
    monkeypatch.setenv('HOME', str(home)); monkeypatch.setenv('XDG_CONFIG_HOME', str(home/'.config'))
    switch_hooks(top); switch_hooks(top, False)
    assert list(home.iterdir()) == [] and git(top, 'status', '--porcelain') == '' and not (top/'.git/hooks/post-merge').exists()
