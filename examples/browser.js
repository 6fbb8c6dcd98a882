// Portrait and voice to a <video> in a page of your own. Start: emo serve --time skip --cors localhost
const base = "http://127.0.0.1:8787/api/v1";
const headers = { Authorization: "Bearer sk-page", "Content-Type": "application/json" };

async function call(path, body, more) {
  const method = body ? "POST" : "GET";
  const answer = await fetch(base + path, { method, headers: { ...headers, ...more }, body });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${value.code}: ${value.message}`);
  return value.output;
}

const post = (path, body, more) => call(path, JSON.stringify(body), more);
const image_url = "https://example.com/portrait.png";
const audio_url = "https://example.com/voice.wav";
const { face_bbox, ext_bbox } = await post("/services/aigc/image2video/face-detect", {
  model: "emo-detect-v1",
  input: { image_url },
});
let task = await post(
  "/services/aigc/image2video/video-synthesis",
  { model: "emo-v1", input: { image_url, audio_url, face_bbox, ext_bbox } },
  { "X-DashScope-Async": "enable" },
);
while (["PENDING", "RUNNING"].includes(task.task_status)) {
  await new Promise((done) => setTimeout(done, 1000));
  task = await call(`/tasks/${task.task_id}`);
}
const video = document.createElement("video");
video.controls = true;
video.src = task.results.video_url;
document.body.append(video);
