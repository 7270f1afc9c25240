/** java Host PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS [CANCEL_MS]]: makes one call, prints its status and its answer. */
public final class Host {
    private static int number(String[] arguments, int place) {
        return arguments.length > place ? Integer.parseInt(arguments[place]) : 0;
    }

    private static void cancelAfter(ResourcePlugin plugin, int milliseconds) {
        Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(milliseconds);
                plugin.cancel();
            } catch (Throwable error) {
                throw new IllegalStateException(error);
            }
        });
    }

    public static void main(String[] arguments) throws Throwable {
        int status;
        try (var plugin = new ResourcePlugin(arguments[0], arguments[1])) {
            if (arguments.length > 5) cancelAfter(plugin, number(arguments, 5));
            var answer = plugin.call(arguments[2], arguments[3], number(arguments, 4));
            var out = new java.io.PrintStream(System.out, true, java.nio.charset.StandardCharsets.UTF_8);
            out.println(answer.status() + "\t" + answer.json());
            status = answer.status();
        } catch (IllegalArgumentException error) {
            System.err.println(error.getMessage());
            status = 100;
        }
        System.exit(status < 100 ? 0 : 1);
    }
}
