import Foundation
import Testing

@testable import KernelCompiler
@testable import Machine

/// Where the threads of a step run.
@Suite struct ProcessorTests {
  #if os(Linux)
    /// One thread of a step is there already, and this one is put beside it.
    @Test func `a thread leaves another thread's processor if one is free`() throws {
      let target = try #require(TestToolchain.targets.first, "there is no compiler")
      let text = """
        #define _GNU_SOURCE
        #include <sched.h>
        #include <stdint.h>
        #include <unistd.h>
        #define INLINE static inline __attribute__((unused))
        \(TemplateLibrary().text("processors.h").replacing("int sched_getcpu(void);", with: "")
          .replacing("long syscall(long number, ...);", with: ""))
        // Whether it has left the processor, or -1; what it may run on must stay.
        __attribute__((visibility("default"))) int parts(int all_taken) {
            cpu_set_t before, one, after;
            struct processors processors = {{0}};
            if (sched_getaffinity(0, sizeof before, &before)) return -1;
            const int here = sched_getcpu();
            CPU_ZERO(&one);
            CPU_SET(here, &one);
            if (sched_setaffinity(0, sizeof one, &one)) return -1;
            take_processor(&processors, here);
            for (int i = 0; all_taken && i < MOST_PROCESSORS; i++) take_processor(&processors, i);
            if (sched_setaffinity(0, sizeof before, &before)) return -1;
            spread(&processors);
            const int there = sched_getcpu();
            if (sched_getaffinity(0, sizeof after, &after) || !CPU_EQUAL(&before, &after)) return -1;
            return here != there;
        }
        """
      let library = try TestToolchain.load(
        [("processors.c", text)],
        ["-std=gnu11", "-O1", "-fvisibility=hidden"] + target.compilerFlags)
      let symbol = try #require(dlsym(library, "parts"))
      let parts = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
      #expect(parts(1) >= 0)
      if try #require(allowedProcessors(root: "/")) > 1 { #expect(parts(0) == 1) }
    }
  #endif
}
