// Does the same as Postman's import with its parameter generation set to Example.
import { readFileSync, writeFileSync } from "node:fs";
import postman from "openapi-to-postmanv2";

const document = { type: "string", data: readFileSync("openapi.yaml", "utf8") };
const options = { parametersResolution: "Example", enableOptionalParameters: false };
postman.convertV2(document, options, (error, made) => {
  if (error || !made.result) throw error ?? new Error(made.reason);
  writeFileSync("emo.postman.json", JSON.stringify(made.output[0].data, null, 1));
});
