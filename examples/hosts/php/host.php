<?php
/* php host.php PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS]: makes one call, prints its status and its answer. */
require __DIR__ . '/ResourcePlugin.php';

if ($argc < 5) {
    fwrite(STDERR, "usage: php host.php PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS]\n");
    exit(64);
}
[, $name, $config, $hook, $request] = $argv;
try {
    $plugin = new ResourcePlugin($name, json_decode($config, false, 64, JSON_THROW_ON_ERROR));
} catch (RuntimeException $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
$document = json_decode($request, false, 64, JSON_THROW_ON_ERROR);
[$status, $answer] = $plugin->call($hook, $document, (int) ($argv[5] ?? 0));
echo $status, "\t", json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
exit($status < 100 ? 0 : 1);
