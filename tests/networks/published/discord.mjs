// Prints the models of Discord's OpenAPI as one object of JSON Schemas (npm `discord-api-spec`).
import * as z from "zod";
import * as models from "discord-api-spec/zod";

const registry = z.registry();
for (const name of Object.keys(models).filter((name) => name.endsWith("Schema"))) {
  registry.add(models[name], { id: name.slice(0, -"Schema".length) });
}
const uri = (id) => `#/$defs/${id}`;
console.log(JSON.stringify(z.toJSONSchema(registry, { unrepresentable: "any", uri }).schemas));
