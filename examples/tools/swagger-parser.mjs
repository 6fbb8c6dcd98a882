import SwaggerParser from "@apidevtools/swagger-parser";

const api = await SwaggerParser.validate("openapi.yaml");
console.log(api.info.title, Object.keys(api.paths).length, "paths");
