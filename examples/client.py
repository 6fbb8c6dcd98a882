from emo_client import Client, FaceRejected, TaskFailed

# Reads DASHSCOPE_API_KEY and DASHSCOPE_HTTP_BASE_URL.
with Client() as client:
    try:
        task = client.generate(
            "https://example.com/portrait.png", "https://example.com/voice.wav", ratio="3:4"
        )
    except FaceRejected as rejected:
        print("choose another picture:", rejected.message)
    except TaskFailed as failed:
        print("no video:", failed.code, failed.message)
    else:
        client.download(task, "video.mp4")
        print(f"{task.usage.video_duration:g} s of video in video.mp4")
