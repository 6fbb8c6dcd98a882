// The client that openapi-generator makes for TypeScript, from a portrait and a voice to a video.
import { Configuration, EmoApi, TasksApi, TaskStatus } from "./emo-typescript";

const { DASHSCOPE_HTTP_BASE_URL: basePath, DASHSCOPE_API_KEY: accessToken } = process.env;
const settings = new Configuration({ basePath, accessToken });
const emo = new EmoApi(settings);
const imageUrl = "https://example.com/portrait.png";
const audioUrl = "https://example.com/voice.wav";

const detectRequest = { model: "emo-detect-v1" as const, input: { imageUrl } };
const { faceBbox, extBbox, message } = (await emo.detectFace({ detectRequest })).output;
if (!faceBbox || !extBbox) throw new Error(message);
const created = await emo.createVideoTask({
  xDashScopeAsync: "enable",
  createRequest: { model: "emo-v1", input: { imageUrl, audioUrl, faceBbox, extBbox } },
});
const { taskId } = created.output;
let task = (await emo.getTask({ taskId })).output;
while (task.taskStatus === TaskStatus.Pending || task.taskStatus === TaskStatus.Running) {
  task = (await emo.getTask({ taskId })).output;
}
console.log(task.taskStatus, task.results?.videoUrl);
const list = await new TasksApi(settings).listTasks({ pageSize: 1 });
console.log(list.data[0]?.gmtCreate, "ms since 1970");
