// Portrait and voice to video.mp4 with Node's own fetch (Node 18 or newer), no packages.
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const base = process.env.DASHSCOPE_HTTP_BASE_URL ?? "http://127.0.0.1:8787/api/v1";
const key = process.env.DASHSCOPE_API_KEY ?? "sk-local";
const samples = "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/zh-CN";
const image_url = `${samples}/20250911/yhdvfg/emo-%E5%9B%BE%E7%89%87.png`;
const audio_url = `${samples}/20250825/aejgyj/input_audio.mp3`;

async function call(path, body, headers = {}) {
  const response = await fetch(base + path, {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${answer.code}: ${answer.message}`);
  return answer;
}

const found = await call("/services/aigc/image2video/face-detect", {
  model: "emo-detect-v1",
  input: { image_url },
  parameters: { ratio: "1:1" },
});
const { check_pass, face_bbox, ext_bbox } = found.output;
if (!check_pass) throw new Error(`the portrait was rejected: ${JSON.stringify(found.output)}`);

const created = await call(
  "/services/aigc/image2video/video-synthesis",
  { model: "emo-v1", input: { image_url, audio_url, face_bbox, ext_bbox } },
  { "X-DashScope-Async": "enable" },
);

let output = created.output;
while (["PENDING", "RUNNING"].includes(output.task_status)) {
  await sleep(2000);
  ({ output } = await call(`/tasks/${output.task_id}`));
}
if (output.task_status !== "SUCCEEDED") throw new Error(JSON.stringify(output));

const video = await fetch(output.results.video_url);
if (!video.ok) throw new Error(`${video.status} ${await video.text()}`);
await writeFile("video.mp4", Buffer.from(await video.arrayBuffer()));
console.log(output.task_status, "video.mp4");
