// Resource plugins for Node.js, on librphost and koffi. Calls are promises; many may run at once.
//     const plugin = require('./resource_plugin').open('elb_member', {cloud: 'otc'});
//     const {status, results} = await plugin.call('create', {resource: 'elb_member', records: [...]}, {timeout_ms: 60000});
'use strict';
const {promisify} = require('node:util');
const koffi = require('koffi');
// deep: the library's own OpenSSL, not the one that Node exports.
const lib = koffi.load(process.env.RPHOST_LIBRARY || 'librphost.so.0', {deep: true});
const OnEvent = koffi.proto('void OnEvent(void *context, const char *event, size_t event_len)');
const rphost = {
  open: lib.func('void *rphost_open(const char *plugin, const char *config, size_t config_len)'),
  error: lib.func('const char *rphost_error(void *host)'),
  call: lib.func('void *rphost_call(void *host, const char *hook, const char *request, size_t request_len, ' +
                 'uint32_t timeout_ms, OnEvent *on_event, void *context)'),
  status: lib.func('int32_t rphost_status(void *answer)'),
  json: lib.func('const char *rphost_json(void *answer)'),
  release: lib.func('void rphost_release(void *answer)'),
  cancel: lib.func('void rphost_cancel(void *host, uint32_t on)'),
  close: lib.func('void rphost_close(void *host)'),
};
const call = promisify(rphost.call.async);

class Plugin {
  constructor(handle) { this.handle = handle; }

  async call(hook, request, {timeout_ms = 0, onEvent} = {}) {
    const text = JSON.stringify(request);
    const event = onEvent && koffi.register((_context, json) => onEvent(JSON.parse(json)), koffi.pointer(OnEvent));
    const answer = await call(this.handle, hook, text, Buffer.byteLength(text), timeout_ms, event || null, null);
    if (event) koffi.unregister(event);
    const document = {status: rphost.status(answer), ...JSON.parse(rphost.json(answer))};
    rphost.release(answer);
    return document;
  }

  // Ends all calls that run, within a second; their answers say what was begun.
  cancel() { rphost.cancel(this.handle, 1); }

  // Once no call runs.
  close() { rphost.close(this.handle); }
}

exports.open = (name, config) => {
  const text = JSON.stringify(config);
  const plugin = new Plugin(rphost.open(name, text, Buffer.byteLength(text)));
  const wrong = rphost.error(plugin.handle);
  if (wrong) throw new Error(wrong);
  return plugin;
};
