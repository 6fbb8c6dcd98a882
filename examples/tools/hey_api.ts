// The client that @hey-api/openapi-ts makes, from a portrait and a voice to a video.
import { createVideoTask, detectFace, getTask, listTasks } from "./emo-hey-api";
import { client } from "./emo-hey-api/client.gen";

const { DASHSCOPE_HTTP_BASE_URL: baseUrl, DASHSCOPE_API_KEY: auth } = process.env;
client.setConfig({ baseUrl: baseUrl as "http://127.0.0.1:8787/api/v1", auth, throwOnError: true });
const image_url = "https://example.com/portrait.png";
const audio_url = "https://example.com/voice.wav";

const found = await detectFace<true>({ body: { model: "emo-detect-v1", input: { image_url } } });
const { face_bbox, ext_bbox } = found.data.output;
if (!face_bbox || !ext_bbox) throw new Error(found.data.output.message);
const created = await createVideoTask<true>({
  headers: { "X-DashScope-Async": "enable" },
  body: { model: "emo-v1", input: { image_url, audio_url, face_bbox, ext_bbox } },
});
const { task_id } = created.data.output;
let task = (await getTask<true>({ path: { task_id } })).data.output;
while (task.task_status === "PENDING" || task.task_status === "RUNNING") {
  task = (await getTask<true>({ path: { task_id } })).data.output;
}
console.log(task.task_status, task.results?.video_url);
const list = await listTasks<true>({ query: { page_size: 1 } });
console.log(list.data.data[0]?.gmt_create, "ms since 1970");
