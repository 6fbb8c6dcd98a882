pip install .
emo serve
