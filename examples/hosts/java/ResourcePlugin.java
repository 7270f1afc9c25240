import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Resource plugins for Java 22 and later, on librphost. Requests and answers are JSON text.
 *
 *     try (var plugin = new ResourcePlugin("elb_member", "{\"cloud\": \"otc\"}")) {
 *         var answer = plugin.call("create", "{\"resource\": \"elb_member\", \"records\": [...]}", 60000);
 *     }
 *
 * Any thread may call, many at once. Close it once no call runs.
 */
public final class ResourcePlugin implements AutoCloseable {
    public record Answer(int status, String json) {}

    private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup(
        System.getenv().getOrDefault("RPHOST_LIBRARY", "librphost.so.0"), Arena.global());
    private final MemorySegment handle;

    private static MemoryLayout layout(Object argument) {
        return argument instanceof Integer ? JAVA_INT : argument instanceof Long ? JAVA_LONG : ADDRESS;
    }

    /** Calls a function of librphost; texts live as long as the call. */
    private static Object rphost(String name, MemoryLayout result, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < arguments.length; i++)
                if (arguments[i] instanceof String text) arguments[i] = arena.allocateFrom(text);
            var layouts = Stream.of(arguments).map(ResourcePlugin::layout).toArray(MemoryLayout[]::new);
            var type = result == null ? FunctionDescriptor.ofVoid(layouts) : FunctionDescriptor.of(result, layouts);
            var symbol = LIBRARY.find("rphost_" + name).orElseThrow();
            return Linker.nativeLinker().downcallHandle(symbol, type).invokeWithArguments(arguments);
        } catch (Throwable error) {
            throw new IllegalStateException(error);
        }
    }

    private static String text(Object pointer) {
        return ((MemorySegment) pointer).reinterpret(Long.MAX_VALUE).getString(0);
    }

    public ResourcePlugin(String name, String config) {
        handle = (MemorySegment) rphost("open", ADDRESS, name, config, (long) config.getBytes(UTF_8).length);
        var wrong = (MemorySegment) rphost("error", ADDRESS, handle);
        if (wrong.address() != 0) throw new IllegalArgumentException(text(wrong));
    }

    public Answer call(String hook, String request, int timeoutMs) {
        long length = request.getBytes(UTF_8).length;
        var answer = rphost("call", ADDRESS, handle, hook, request, length, timeoutMs, MemorySegment.NULL, MemorySegment.NULL);
        try {
            return new Answer((int) rphost("status", JAVA_INT, answer), text(rphost("json", ADDRESS, answer)));
        } finally {
            rphost("release", null, answer);
        }
    }

    /** Ends all calls that run, within a second; their answers say what was begun. */
    public void cancel() { rphost("cancel", null, handle, 1); }

    @Override public void close() { rphost("close", null, handle); }
}
