<?php
/* Resource plugins for PHP, on librphost and FFI (ffi.enable must allow it; the command line does).
 *     $plugin = new ResourcePlugin('elb_member', ['cloud' => 'otc']);
 *     [$status, $answer] = $plugin->call('create', ['resource' => 'elb_member', 'records' => [...]], 60000);
 */
final class ResourcePlugin
{
    private const DECLARATIONS = '
        typedef struct rphost rphost; typedef struct rphost_answer rphost_answer;
        rphost *rphost_open(const char *plugin, const char *config, size_t config_len);
        const char *rphost_error(const rphost *host);
        rphost_answer *rphost_call(rphost *, const char *hook, const char *, size_t, uint32_t ms, void *, void *);
        int32_t rphost_status(const rphost_answer *answer);
        const char *rphost_json(const rphost_answer *answer);
        void rphost_release(rphost_answer *answer);
        void rphost_close(rphost *host);';
    private const FLAGS = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;

    private $library, $handle;

    public function __construct(string $name, array|object $config)
    {
        $this->library = FFI::cdef(self::DECLARATIONS, getenv('RPHOST_LIBRARY') ?: 'librphost.so.0');
        $text = json_encode((object) $config, self::FLAGS);
        $this->handle = $this->library->rphost_open($name, $text, strlen($text));
        $wrong = $this->library->rphost_error($this->handle);
        if ($wrong !== null) {
            throw new RuntimeException($wrong);
        }
    }

    /* Objects are decoded as objects: PHP cannot tell an empty array from an empty object. */
    public function call(string $hook, array|object $request, int $timeout_ms = 0): array
    {
        $text = json_encode((object) $request, self::FLAGS);
        $answer = $this->library->rphost_call($this->handle, $hook, $text, strlen($text), $timeout_ms, null, null);
        try {
            $document = json_decode($this->library->rphost_json($answer), false, 64, self::FLAGS);
            return [$this->library->rphost_status($answer), $document];
        } finally {
            $this->library->rphost_release($answer);
        }
    }

    public function __destruct()
    {
        $this->library->rphost_close($this->handle);
    }
}
