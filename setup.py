"Metadata, requirements and groups all come from settings.ini."
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
ini = ConfigParser(delimiters=['='])
ini.read(here/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
groups = {k.removesuffix('_requirements'): cfg[k].split() for k in cfg if k.endswith('_requirements')}
readme = here/'README.md'

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'],
    long_description=readme.read_text(encoding='utf-8') if readme.exists() else '',
    long_description_content_type='text/markdown', url=cfg['git_url'], author=cfg['author'],
    author_email=cfg['author_email'], license='Apache-2.0', keywords=cfg['keywords'].split(),
    packages=find_packages(include=['uda_seg', 'uda_seg.*']), python_requires='>='+cfg['min_python'],
    install_requires=cfg['requirements'].split(), extras_require=groups,
    entry_points={'nbdev': [f"{cfg['lib_name']}={cfg['lib_name']}._modidx:d"], 'console_scripts': cfg['console_scripts'].split()}, zip_safe=False,
)
