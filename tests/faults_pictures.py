"""Faults of pictures and of what is kept about them: each is told by file name and remedy, mended with a word, or harmless."""
import os, shutil, signal, socket
from contextlib import contextmanager
from pathlib import Path
import cv2, numpy as np, pandas as pd, pytest
from PIL import Image
from uda_seg import doctor as doctors
from uda_seg.cache import Pixels, build_cache, fit_image
from uda_seg.core import Damaged, draw
from uda_seg.domain import open_domain, read_image, read_label, read_raw
from uda_seg.doctor import pair_facts, survey
from uda_seg.labels import lookup
from uda_seg.loaders import Batches, Store, Stream, sequential
from uda_seg.memory import Memory
from uda_seg.params import check
from uda_seg.score import _pixels
from uda_seg.study import Study

FULL = bool(os.environ.get('FAULTS'))
CLASSES = {'road': 0, 'sky': 1, 'car': 2}
fault = pytest.mark.fault

@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    "The project's data folder of one test."
    monkeypatch.setenv('UDA_SEG_DATA', str(tmp_path/'data'))
    return tmp_path/'data'

@contextmanager
def in_time(seconds=20): # what waits for a named pipe waits for ever
    def late(*args): raise TimeoutError('it hangs')
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try: yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)

def noise(*key, size=(32, 16)): return draw('faults', *key).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
def blocks(*key, ids=(0, 1, 2), size=(32, 16)):
    return np.kron(draw('faults', *key).choice(ids, (size[1]//4, size[0]//4)), np.ones((4, 4))).astype(np.uint8)

def save(a, path, turn=1):
    "A picture of its pixels as they are seen, saved as a phone does that was held turned."
    back = {1: 0, 3: 2, 6: 1, 8: -1}[turn] # quarter turns
    exif = Image.Exif()
    if turn != 1: exif[274] = turn
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(np.rot90(a, back))).save(path, exif=exif, **(dict(quality=95) if path.suffix == '.jpg' else {}))
    return path

@pytest.fixture
def tree(tmp_path):
    "A folder of one's own: six photographs with masks."
    for k in range(6):
        save(noise('photo', k), tmp_path/'set'/'images'/f'{k}.png')
        save(blocks('mask', k), tmp_path/'set'/'masks'/f'{k}.png')
    return tmp_path/'set'

def opened(tree, **kw): return open_domain('folder', tree, classes=CLASSES, **kw)

def lines(target, severity=None):
    "What the doctor says of a target; it must be fit for any terminal and page."
    found = doctors.doctor(None, target, target.space, 'all', workers=0)
    (str(found)+found._repr_html_()).encode('utf-8')
    rows = found.problems if severity is None else found.problems[found.problems.severity == severity]
    return '\n'.join(doctors._lines(rows))

def refusal(ask):
    "The words with which something is refused."
    with in_time():
        try: return str(ask()) and ''
        except (OSError, ValueError) as e: return str(e)

# EXIF orientation

@fault('EXIF orientation of photographs')
@pytest.mark.parametrize('end', ['png', 'jpg'])
@pytest.mark.parametrize('turn', [6, 3, 8])
def test_a_phone_photograph_is_upright_everywhere(tmp_path, turn, end, tries):
    seen = cv2.resize(noise('phone', size=(6, 4)), (48, 32), interpolation=cv2.INTER_LINEAR) # smooth, so that a JPEG resembles it
    f = save(seen, tmp_path/f'phone.{end}', turn)
    plain = np.array(Image.open(f).convert('RGB'))
    back = np.rot90(plain, {6: -1, 3: 2, 8: 1}[turn])
    alike = lambda a: a.shape == seen.shape and (a == back).all() and abs(a.astype(int)-seen).mean() < 12
    for got in (read_image(f), _pixels(f), _pixels(str(f)), _pixels(Image.open(f))): tries(alike(got))
    tries((_pixels(plain) == plain).all()) # an array is taken as it is
    rows = pd.DataFrame([dict(id='a', image=str(f), label='', split='train')])
    facts = pair_facts(rows)
    tries((facts.width[0], facts.height[0]) == (48, 32))
    for cache in ('auto', 'off'): tries((Pixels('images', [f], (24, 16), cache=cache)[0] == fit_image(back, (24, 16))).all())
    stream = Stream('t', Store(rows, (48, 32)), 1, seed=0, scale=(1, 1), flip=0.) # what an unlabelled stream shows
    tries(alike(Batches([stream])[0]['x_t'][0].permute(1, 2, 0).numpy()))
    assert not tries.silent

@fault('EXIF orientation of labels')
@pytest.mark.parametrize('kind', ['L', 'P', 'I;16'])
@pytest.mark.parametrize('turn', [6, 3, 8])
def test_a_mask_is_turned_alike(tree, turn, kind, tries):
    f, want = tree/'masks'/'0.png', blocks('mask', 0)
    mask = Image.fromarray(np.ascontiguousarray(np.rot90(want, {3: 2, 6: 1, 8: -1}[turn])))
    if kind == 'P':
        ids, mask = mask.get_flattened_data() if hasattr(mask, 'get_flattened_data') else mask.getdata(), mask.convert('P')
        mask.putdata(list(ids))
    if kind == 'I;16': mask = Image.fromarray(np.array(mask).astype(np.uint16))
    exif = Image.Exif(); exif[274] = turn
    mask.save(f, exif=exif)
    d = opened(tree)
    table = lookup(d.encoding, d.space)
    tries((read_raw(f) == want).all())
    tries((read_label(f, table) == want).all())
    store = Store(d.files[d.files.id == '0'], (32, 16), table)
    for gt in ('full', 'train_size'): tries((next(sequential(store, gt_size=gt))[1][0].numpy() == want).all())
    tries('different EXIF orientations' in lines(d, 'warning')) # the photograph has none
    assert not tries.silent

@fault('photograph and label across each other')
@pytest.mark.parametrize('turn', [6, 8])
def test_sides_swapped(tree, turn):
    raw = np.rot90(noise('photo', 0))
    exif = Image.Exif(); exif[274] = turn
    Image.fromarray(np.ascontiguousarray(raw)).save(tree/'images'/'0.png', exif=exif)
    Image.fromarray(np.ascontiguousarray(np.rot90(blocks('mask', 0)))).save(tree/'masks'/'0.png') # drawn on the pixels as they are saved
    said = lines(opened(tree), 'error')
    assert 'masks/0.png' in said and 'the label is 16×32, the image 32×16' in said and 'one of the two carries an EXIF rotation' in said
    d = opened(tree)
    assert 'EXIF rotation' in refusal(lambda: Store(d.files, (32, 16), lookup(d.encoding, d.space)))

@fault('photograph upside down, its label not')
def test_half_a_turn_is_a_warning(tree):
    save(noise('photo', 0), tree/'images'/'0.png', 3)
    assert 'images/0.png' in lines(opened(tree), 'warning') and 'look at a pair' in lines(opened(tree), 'warning')

@fault('damaged EXIF data')
def test_damaged_exif(tree):
    Image.fromarray(noise('photo', 0)).save(tree/'images'/'0.png', exif=b'Exif\0\0 nothing')
    said = lines(opened(tree), 'error')
    assert 'images/0.png: damaged EXIF data' in said and 'save it again without them' in said

# Kinds of pictures

@fault('photograph of 16 bits')
def test_16_bits(tree, tries):
    deep = draw('deep').integers(0, 1 << 16, (16, 32), dtype=np.uint16)
    deep[0, :2] = 0, 65535
    Image.fromarray(deep).save(tree/'images'/'0.png')
    cv2.imwrite(str(tree/'images'/'1.png'), np.stack([deep]*3, -1))
    tries((read_image(tree/'images'/'0.png')[..., 0] == np.round(deep/257)).all())
    tries((read_image(tree/'images'/'1.png')[..., 0] == deep >> 8).all())
    said = lines(opened(tree), 'warning')
    tries('photographs of 16 bits a channel are scaled to 8 (2)' in said and 'images/0.png' in said and 'images/1.png' in said and lines(opened(tree), 'error') == '')
    assert not tries.silent

@fault('photograph of 32 bits')
@pytest.mark.parametrize('kind', [np.int32, np.float32])
def test_32_bits(tree, kind):
    (tree/'images'/'0.png').unlink()
    Image.fromarray(np.ones((16, 32), kind)).save(tree/'images'/'0.tif')
    said = lines(opened(tree), 'error')
    assert 'images/0.tif' in said and 'a photograph of 32 bits a channel' in said and 'save it with 8' in said and 'label' not in said

@fault('mask of another kind')
@pytest.mark.parametrize('mode, words', dict(F='numbers with fractions', LA='grey with transparency', CMYK='colours for print').items())
def test_a_mask_without_ids(tree, mode, words):
    (tree/'masks'/'0.png').unlink()
    Image.new(mode, (32, 16)).save(tree/'masks'/'0.tif')
    said = lines(opened(tree), 'error')
    assert f'masks/0.tif: mode {mode}, {words} where ids are due' in said and 'Remedy: save whole ids' in said and 'RGB' not in said

@fault('mask of colours')
@pytest.mark.parametrize('mode', ['RGB', 'RGBA'])
def test_a_mask_of_colours(tree, mode):
    Image.new(mode, (32, 16)).save(tree/'masks'/'0.png')
    said = lines(opened(tree), 'error')
    assert f'masks/0.png: mode {mode}' in said and 'where ids are due' in said and 'classes in target_options' in said

@fault('more pixels than Pillow opens')
def test_a_big_photograph(tree, monkeypatch):
    save(noise('big', size=(64, 48)), tree/'images'/'0.png')
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 1000)
    for said in (lines(opened(tree), 'error'), refusal(lambda: read_image(tree/'images'/'0.png')), refusal(lambda: _pixels(tree/'images'/'0.png'))):
        assert '0.png' in said and '0.00307 megapixels, and Pillow opens 0.002 at most' in said and 'save a smaller copy' in said and 'fetch' not in said

@pytest.mark.skipif(not FULL, reason='writes 400 megapixels')
@fault('more pixels than Pillow opens')
def test_photographs_of_400_megapixels(tree, monkeypatch):
    with monkeypatch.context() as m:
        m.setattr(Image, 'MAX_IMAGE_PIXELS', None)
        for k in range(3): Image.new('L', (20000, 20000), k).save(tree/'images'/f'{k}.png')
    said = lines(opened(tree), 'error')
    assert '(3): ' in said and all(f'images/{k}.png' in said for k in range(3)) and '400 megapixels, and Pillow opens 179 at most' in said

# Files that hold no picture, and what is no file

DAMAGES = {'truncated': (lambda b: b[:len(b)//2], 'unreadable or truncated'), 'empty': (lambda b: b'', 'an empty file'),
    'a web page': (lambda b: b'<!DOCTYPE html><html>', "no picture that Pillow knows, it begins with '<!DOCTYPE html>"),
    'noise': (lambda b: draw('noise').bytes(500), 'no picture that Pillow knows'),
    'a pointer of git-lfs': (lambda b: b'version https://git-lfs.github.com/spec/v1\n', "begins with 'version https://git")}

@fault('file that is no picture')
@pytest.mark.parametrize('part', ['images', 'masks'])
@pytest.mark.parametrize('how', DAMAGES)
def test_no_picture(tree, part, how):
    change, words = DAMAGES[how]
    f = tree/part/'0.png'
    f.write_bytes(change(f.read_bytes()))
    said = lines(opened(tree), 'error')
    assert f'{part}/0.png' in said and words in said and 'fetch it again' in said

def make_pipe(f): os.mkfifo(f)
def make_folder(f): f.mkdir()
def make_loop(f): f.symlink_to(f)
def make_link(f): f.symlink_to('nowhere.png')
def make_socket(f):
    at = os.getcwd()
    os.chdir(f.parent) # the name of a socket may have 107 letters
    try: socket.socket(socket.AF_UNIX).bind(f.name)
    finally: os.chdir(at)
SORTS = {make_pipe: 'a named pipe', make_folder: 'a folder', make_socket: 'a socket', make_link: 'a link that leads nowhere', make_loop: 'a link that leads nowhere'}

@fault('no regular file')
@pytest.mark.parametrize('part', ['images', 'masks'])
@pytest.mark.parametrize('make', SORTS)
def test_no_file(tree, part, make, tries):
    f = tree/part/'0.png'
    f.unlink()
    make(f)
    for ask in (lambda: opened(tree), lambda: read_image(f), lambda: read_raw(f), lambda: _pixels(f)):
        said = refusal(ask)
        tries('0.png' in said and SORTS[make] in said and 'remove' in said)
    with in_time(): # in the table of a domain that was opened before
        table = pd.DataFrame([dict(id='0', image=str(tree/'images'/'0.png'), label=str(tree/'masks'/'0.png'), split='train')])
        tries(SORTS[make] in pair_facts(table, np.zeros(256, np.int16)).error[0])
    assert not tries.silent

@fault('link to a picture')
def test_a_link_is_fine(tree):
    shutil.move(tree/'images'/'0.png', tree/'elsewhere.png')
    (tree/'images'/'0.png').symlink_to(tree/'elsewhere.png')
    assert lines(opened(tree), 'error') == '' and len(opened(tree).files) == 6

@fault('picture without permission to read')
def test_no_permission(tree, monkeypatch):
    f, real = tree/'images'/'0.png', Image.open
    def forbidding(path, *args): # root may read everything
        if str(path) == str(f): raise PermissionError(13, 'Permission denied', str(path))
        return real(path, *args)
    if os.geteuid() == 0: monkeypatch.setattr(Image, 'open', forbidding)
    else: f.chmod(0)
    said = lines(opened(tree), 'error')
    assert 'images/0.png: you may not read it' in said and 'chmod' in said

@fault('name that is not UTF-8')
def test_a_name_that_is_not_utf8(tree, tries):
    for part in ('images', 'masks'): (tree/part/'0.png').rename(tree/part/os.fsdecode(b'caf\xe9.png'))
    d = opened(tree)
    tries('caf\\xe9' in list(d.files.id) and len(d.fingerprint()) == 16)
    tries(lines(d, 'error') == '')
    tries('error' not in survey(d.files.image, workers=0)[5])
    store = Store(d.files, (16, 8), lookup(d.encoding, d.space), folder=tree/'cache')
    tries(store.image(5).shape == (8, 16, 3))
    (tree/'masks'/os.fsdecode(b'caf\xe9.png')).write_bytes(b'') # now the name has to be told
    tries('masks/caf\\xe9.png: an empty file' in lines(opened(tree), 'error'))
    tries('caf\\xe9.png' in refusal(lambda: Store(opened(tree).files, (16, 8), lookup(d.encoding, d.space), folder=tree/'cache')))
    for part in ('images', 'masks'): (tree/part/os.fsdecode(b'caf\xe9.tif')).touch()
    said = refusal(lambda: opened(tree))
    said.encode('utf-8')
    tries('caf\\xe9.tif and caf\\xe9.png have the same stem' in said)
    assert not tries.silent

# Text that people write

@fault('text that is not UTF-8')
@pytest.mark.parametrize('name', ['train.txt', 'classes.csv', 'gta5/train.txt', 'gta5/split.mat'])
def test_text_that_is_not_utf8(tree, name):
    f = tree/name
    if name.startswith('gta5'): save(noise('gta5'), tree/'gta5'/'images'/'00001.png')
    f.parent.mkdir(exist_ok=True)
    f.write_bytes('id,name\n0,Straße\n'.encode('utf-16'))
    classes = f if f.suffix == '.csv' else CLASSES
    said = refusal(lambda: open_domain('gta5', tree/'gta5') if 'gta5' in name else open_domain('folder', tree, classes=classes))
    assert str(f) in said and ('save it as UTF-8' in said or 'fetch it again' in said)

# Facts and caches

def changed(f, how, rng):
    raw = bytearray(f.read_bytes())
    if how == 'flip': raw[rng.integers(len(raw))] ^= int(rng.integers(1, 256))
    if how == 'cut': del raw[rng.integers(len(raw)):]
    if how == 'older': raw = b'{"0.png":[[1,2],{"size":[1,1]}]}'
    if how == 'NUL': raw = bytes(len(raw))
    f.write_bytes(raw)

@fault('damaged facts')
@pytest.mark.parametrize('how', ['flip', 'cut', 'older', 'NUL'])
def test_facts_are_made_again(tree, data, how, tries, capsys):
    d, rng = opened(tree), draw('facts', how)
    want = pair_facts(d.files, lookup(d.encoding, d.space), workers=0)
    notes = list((data/'facts').glob('*.json'))
    assert len(notes) == 2
    for _ in range((300 if FULL else 20) if how in ('flip', 'cut') else 1):
        note = notes[rng.integers(2)]
        changed(note, how, rng)
        capsys.readouterr()
        got = pair_facts(d.files, lookup(d.encoding, d.space), workers=0)
        said = capsys.readouterr().out
        told = said.count('\n') == 1 and note.name in said and 'the files are read again' in said
        tries(got.to_dict('list').__repr__() == want.to_dict('list').__repr__() and told)
    assert not tries.silent

@fault('facts of another version')
def test_facts_of_before(tree, data, capsys):
    "A fact noted by another version is not believed, be it whole."
    f = str(tree/'images'/'0.png')
    old = Memory(); old.version = 1
    old.put(f, dict(size=[1, 1])); old.save()
    assert survey([f], workers=0)[0]['size'] == [16, 32] and 'of another version: the files are read again' in capsys.readouterr().out

def shorten(c): os.truncate(c/'pixels', 100)
def lengthen(c): os.truncate(c/'pixels', 10**6)
def no_pixels(c): (c/'pixels').unlink()
def no_sizes(c): (c/'sizes.json').unlink()
def cut_sizes(c): os.truncate(c/'sizes.json', 20)
def other_sizes(c): (c/'sizes.json').write_bytes((c/'sizes.json').read_bytes().replace(b'16', b'61', 1))
def emptied(c):
    for f in c.iterdir(): f.unlink()

@fault('damaged cache')
@pytest.mark.parametrize('harm', [shorten, lengthen, no_pixels, no_sizes, cut_sizes, other_sizes, emptied])
@pytest.mark.parametrize('kind', ['images', 'labels'])
def test_a_cache_heals(tree, kind, harm, capsys):
    d = opened(tree)
    table = lookup(d.encoding, d.space)
    asked = ('images', d.files.image, (16, 8)) if kind == 'images' else ('labels', d.files.label, (16, 8), table)
    path, _ = build_cache(*asked)
    before = {f.name: f.read_bytes() for f in path.iterdir()}
    harm(path)
    capsys.readouterr()
    Store(d.files, (16, 8), table)
    said = capsys.readouterr().out
    assert {f.name: f.read_bytes() for f in path.iterdir()} == before
    assert said.count(path.name) == 1 and 'the cache is built anew' in said and build_cache(*asked) == (path, 'found')

@fault('pixels changed in a cache')
@pytest.mark.parametrize('kind', ['images', 'labels'])
def test_changed_pixels(tree, kind, tries):
    d = opened(tree)
    table, files = lookup(d.encoding, d.space), list(d.files.image if kind == 'images' else d.files.label)
    asked = (kind, files, (16, 8), table if kind == 'labels' else None)
    path, _ = build_cache(*asked)
    for name in ('pixels', 'crcs'):
        whole = (path/name).read_bytes()
        for n in range(300 if FULL else 20):
            k = int(draw('changed', kind, name, n).integers(len(whole)))
            (path/name).write_bytes(whole[:k] + bytes([whole[k]^(1 << n % 8)]) + whole[k+1:])
            pixels, told = Pixels(*asked), ''
            for i in range(len(files)):
                try: pixels[i]
                except Damaged as e: told = str(e)
            tries(str(path) in told and 'delete that folder' in told)
        (path/name).write_bytes(whole)
    assert not tries.silent

# A Cityscapes tree

@pytest.fixture
def city(tmp_path):
    "A Cityscapes tree of two cities, four pairs each, and two of val."
    root = tmp_path/'city'
    for split, name, n in (('train', 'aachen', 4), ('train', 'ulm', 4), ('val', 'bonn', 2)):
        for k in range(n):
            stem = f'{name}_{k:06}_000019'
            save(noise(stem), root/'leftImg8bit'/split/name/f'{stem}_leftImg8bit.png')
            save(blocks(stem, ids=range(34)), root/'gtFine'/split/name/f'{stem}_gtFine_labelIds.png')
    return root

def diagnosis(root):
    "What a run on the tree is told before it trains; the worst word first."
    with in_time():
        try:
            p = check(dict(source='cityscapes', source_root=str(root.parent/'sound'), target='cityscapes', target_root=str(root),
                subset='all', methods='supervised', size='32x16', start=0, target_options=dict(held_out=0)))
            found = Study(p).diagnosis.problems
        except (OSError, ValueError) as e: return 'error', str(e)
    mine = found[found.domain == 'cityscapes']
    news = mine[~mine.what.str.startswith('classes without')]
    return (news.severity.iloc[0] if len(news) else ''), '\n'.join(doctors._lines(news))

LABEL, PHOTO = 'gtFine/train/ulm/ulm_000002_000019_gtFine_labelIds.png', 'leftImg8bit/train/ulm/ulm_000002_000019_leftImg8bit.png'
OTHER = 'gtFine/train/aachen/aachen_000001_000019_gtFine_labelIds.png'
def rewrite(f, change): f.write_bytes(change(f.read_bytes()))
def remake(f, make): # what is no file in the place of one
    f.unlink()
    make(f)

CITY = { # what is done, to which file; how grave that is, and what is said of it
    'missing label': (lambda r: (r/LABEL).unlink(), 'warning', PHOTO, 'training images without a label', 'add the label files'),
    'missing label of val': (lambda r: next((r/'gtFine'/'val'/'bonn').iterdir()).unlink(), 'error', 'leftImg8bit/val/bonn/', "images of 'val' without a label", 'add the label'),
    'truncated label': (lambda r: rewrite(r/LABEL, lambda b: b[:-30]), 'error', LABEL, 'truncated', 'fetch it again'),
    'truncated photograph': (lambda r: rewrite(r/PHOTO, lambda b: b[:-90]), 'error', PHOTO, 'truncated', 'fetch it again'),
    'zero bytes': (lambda r: rewrite(r/LABEL, lambda b: b''), 'error', LABEL, 'an empty file', 'fetch it again'),
    'colours for ids': (lambda r: Image.new('RGBA', (32, 16), (128, 64, 128, 255)).save(r/LABEL), 'error', LABEL, 'colours with transparency where ids', 'labelIds'),
    'another size': (lambda r: save(blocks('x', size=(16, 8)), r/LABEL), 'error', LABEL, 'the label is 16×8, the image 32×16', 'fetch both again'),
    'an id out of range': (lambda r: save(blocks('x', ids=(7, 77)), r/LABEL), 'error', LABEL, 'id 77', 'check which encoding'),
    'a named pipe for a label': (lambda r: remake(r/LABEL, make_pipe), 'error', LABEL, 'a named pipe', 'remove'),
    'a named pipe for a photograph': (lambda r: remake(r/PHOTO, make_pipe), 'error', PHOTO, 'a named pipe', 'remove'),
    'a link that leads nowhere': (lambda r: remake(r/LABEL, make_link), 'error', LABEL, 'leads nowhere', 'fetch what it points to'),
    'a folder for a label': (lambda r: remake(r/LABEL, make_folder), 'error', LABEL, 'a folder', 'remove'),
    'one name in two cities': (lambda r: shutil.copy(r/PHOTO, r/'leftImg8bit'/'train'/'aachen'), 'error', Path(PHOTO).name, 'have the same name', 'remove one'),
    'a web page': (lambda r: (r/PHOTO).write_text('<html>503'), 'error', PHOTO, "begins with '<html>503'", 'fetch it again'),
    'the label of another city': (lambda r: shutil.copy(r/OTHER, r/LABEL), 'warning', LABEL, 'labels with the same pixels', 'may be a copy'),
    'a photograph twice': (lambda r: shutil.copy(r/PHOTO, next((r/'leftImg8bit'/'val'/'bonn').iterdir())), 'warning', 'leftImg8bit/val/bonn/', 'same pixels as training images', 'remove one'),
    'no city': (lambda r: shutil.rmtree(r/'leftImg8bit'/'train'), 'error', 'leftImg8bit', 'does not hold a tree of this kind', 'data/README.md'),
}
HARMLESS = {
    'an empty city': lambda r: (r/'leftImg8bit'/'train'/'weimar').mkdir(),
    'a label in the folder of another city': lambda r: shutil.move(r/LABEL, r/'gtFine'/'train'/'aachen'),
    'labels of 16 bits': lambda r: Image.fromarray(np.array(Image.open(r/LABEL)).astype(np.uint16)).save(r/LABEL),
    'a label without a photograph': lambda r: shutil.copy(r/LABEL, r/'gtFine'/'train'/'ulm'/'ulm_000009_000019_gtFine_labelIds.png'),
    'files of other kinds': lambda r: (r/'gtFine'/'train'/'ulm'/'ulm_000002_000019_gtFine_polygons.json').write_text('{'),
}

@fault('Cityscapes tree, damaged')
@pytest.mark.parametrize('how', CITY)
def test_a_damaged_city(city, how):
    harm, grave, *words = CITY[how]
    shutil.copytree(city, city.parent/'sound')
    harm(city)
    severity, said = diagnosis(city)
    assert severity == grave and [w for w in words if w not in said] == [], said

@fault('Cityscapes tree, harmless change')
@pytest.mark.parametrize('how', HARMLESS)
def test_a_city_as_good_as_before(city, how):
    "The same rows and the same label pixels as before, and not a word."
    shutil.copytree(city, city.parent/'sound')
    HARMLESS[how](city)
    assert diagnosis(city) == ('', '')
    before, after = (open_domain('cityscapes', r, held_out=0) for r in (city.parent/'sound', city))
    assert list(before.files.id) == list(after.files.id)
    for a, b in zip(before.files.label, after.files.label): assert (read_raw(a) == read_raw(b)).all()
