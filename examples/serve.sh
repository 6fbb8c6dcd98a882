#!/bin/sh
emo serve --time skip &
fake=$!
eval "$(emo env)"
emo generate --image https://example.com/portrait.png --audio https://example.com/voice.wav -o video.mp4
kill $fake
