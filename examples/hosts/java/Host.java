import java.util.concurrent.CompletableFuture;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

/**
 * java Host PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its answer.
 * Ctrl-C cancels the call: what was begun is in its answer.
 */
public final class Host {
    private static int number(String[] arguments, int place) {
        return arguments.length > place ? Integer.parseInt(arguments[place]) : 0;
    }

    private static int run(ResourcePlugin plugin, String[] arguments) {
        var answer = plugin.call(arguments[2], arguments[3], number(arguments, 4));
        var out = new java.io.PrintStream(System.out, true, java.nio.charset.StandardCharsets.UTF_8);
        out.println(answer.status() + "\t" + answer.json());
        return answer.status() < 100 ? 0 : 1;
    }

    public static void main(String[] arguments) {
        int code = 64;
        if (arguments.length < 4) {
            System.err.println("usage: java Host PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]");
        } else try (var plugin = new ResourcePlugin(arguments[0], arguments[1])) {
            sun.misc.Signal.handle(new sun.misc.Signal("INT"), signal -> plugin.cancel());
            if (arguments.length > 5)
                CompletableFuture.delayedExecutor(number(arguments, 5), MILLISECONDS).execute(plugin::cancel);
            code = run(plugin, arguments);
        } catch (IllegalArgumentException error) {
            System.err.println(error.getMessage());
            code = 1;
        }
        System.exit(code);
    }
}
