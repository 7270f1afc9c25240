// node host.js PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its answer.
// Ctrl-C cancels the call: what was begun is in its answer.
'use strict';
const [name, config, hook, request, timeoutMs, cancelMs] = process.argv.slice(2);

async function main() {
  if (!request) throw new Error('usage: node host.js PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]');
  const plugin = require('./resource_plugin').open(name, JSON.parse(config));
  process.on('SIGINT', () => plugin.cancel());
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
