import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * Resource plugins for Java 22 and later, on librphost. Requests and answers are JSON text.
 *
 *     try (var plugin = new ResourcePlugin("elb_member", "{\"cloud\": \"otc\"}")) {
 *         var answer = plugin.call("create", "{\"resource\": \"elb_member\", \"records\": [...]}", 60000);
 *     }
 *
 * Any thread may call, many at once.
 */
public final class ResourcePlugin implements AutoCloseable {
    public record Answer(int status, String json) {}

    private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup(
        System.getenv().getOrDefault("RPHOST_LIBRARY", "librphost.so.0"), Arena.global());
    private static final MethodHandle OPEN = function("open", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle ERROR = function("error", FunctionDescriptor.of(ADDRESS, ADDRESS));
    private static final MethodHandle CALL = function("call",
        FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle STATUS = function("status", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle JSON = function("json", FunctionDescriptor.of(ADDRESS, ADDRESS));
    private static final MethodHandle RELEASE = function("release", FunctionDescriptor.ofVoid(ADDRESS));
    private static final MethodHandle CANCEL = function("cancel", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.ofVoid(ADDRESS));

    private final MemorySegment handle;

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(LIBRARY.find("rphost_" + name).orElseThrow(), type);
    }

    private static String text(MemorySegment pointer) {
        return pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }

    public ResourcePlugin(String name, String config) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment document = arena.allocateFrom(config);
            handle = (MemorySegment) OPEN.invoke(arena.allocateFrom(name), document, document.byteSize() - 1);
        }
        MemorySegment wrong = (MemorySegment) ERROR.invoke(handle);
        if (wrong.address() != 0) throw new IllegalArgumentException(text(wrong));
    }

    public Answer call(String hook, String request, int timeoutMs) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment document = arena.allocateFrom(request), none = MemorySegment.NULL;
            MemorySegment answer = (MemorySegment) CALL.invoke(
                handle, arena.allocateFrom(hook), document, document.byteSize() - 1, timeoutMs, none, none);
            try {
                return new Answer((int) STATUS.invoke(answer), text((MemorySegment) JSON.invoke(answer)));
            } finally {
                RELEASE.invoke(answer);
            }
        }
    }

    /** Ends all calls that run, within a second; their answers say what was begun. */
    public void cancel() throws Throwable {
        CANCEL.invoke(handle, 1);
    }

    /** Once no call runs. */
    @Override
    public void close() throws Exception {
        try {
            CLOSE.invoke(handle);
        } catch (Throwable error) {
            throw new IllegalStateException(error);
        }
    }
}
