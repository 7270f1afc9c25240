// node host.js PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its answer.
'use strict';
const [name, config, hook, request, timeoutMs, cancelMs] = process.argv.slice(2);

async function main() {
  const plugin = require('./resource_plugin').open(name, JSON.parse(config));
  const timer = cancelMs && setTimeout(() => plugin.cancel(), Number(cancelMs));
  const {status, ...answer} = await plugin.call(hook, JSON.parse(request), {timeout_ms: Number(timeoutMs || 0)});
  clearTimeout(timer);
  plugin.close();
  console.log(`${status}\t${JSON.stringify(answer)}`);
  process.exitCode = status < 100 ? 0 : 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
