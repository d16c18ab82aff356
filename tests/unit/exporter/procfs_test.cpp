#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exporter/procfs/cpu_info.h"
#include "exporter/procfs/driver_watch.h"
#include "exporter/procfs/local_mounts.h"
#include "exporter/procfs/mount_prober.h"
#include "exporter/procfs/mounts.h"
#include "exporter/procfs/mounts_watch.h"
#include "exporter/procfs/scanner.h"
#include "tests/unit/file_tree.h"

using namespace tidemark::exporter::procfs;

TEST_CASE("the scanner walks lines and fields") {
  Scanner scanner("a  b\tc\r\n\n d");
  REQUIRE(scanner.NextLine());
  CHECK(scanner.NextField() == "a");
  CHECK(scanner.NextField() == "b");
  CHECK(scanner.NextField() == "c");
  CHECK(scanner.NextField().empty());
  REQUIRE(scanner.NextLine());
  CHECK(scanner.NextField().empty());
  REQUIRE(scanner.NextLine());
  CHECK(scanner.NextField() == "d");
  CHECK_FALSE(scanner.NextLine());
}

TEST_CASE("numbers are whole fields") {
  CHECK(ParseUnsigned("18446744073709551615") == 18446744073709551615ULL);
  CHECK_FALSE(ParseUnsigned("18446744073709551616"));
  CHECK_FALSE(ParseUnsigned("-1"));
  CHECK_FALSE(ParseUnsigned("1x"));
  CHECK_FALSE(ParseUnsigned(""));
  CHECK(ParseSigned("-9223372036854775808") == INT64_MIN);
  CHECK(ParseSigned("+5") == 5);
  CHECK_FALSE(ParseSigned("+-5"));
  CHECK_FALSE(ParseSigned("+"));
  CHECK(ParseDecimal("-0.5") == -0.5);
  CHECK(ParseDecimal("+1e3") == 1000);
  CHECK_FALSE(ParseDecimal("++1"));
}

TEST_CASE("lists of CPUs are numbers and ranges") {
  using Cpus = std::set<uint16_t>;
  CHECK(ParseCpuList("") == Cpus{});
  CHECK(ParseCpuList("1,3-5,,9") == Cpus{1, 3, 4, 5, 9});
  CHECK(ParseCpuList("2-2,3-1") == Cpus{2});
  CHECK(ParseCpuList("65535") == Cpus{65535});
  for (const char* wrong : {"x", "1-", "-1", "1-x", "1-2-3", " 1", "1 2", "65536", "0-65536"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseCpuList(wrong));
  }
}

TEST_CASE("mounts have their escapes undone and short lines left out") {
  const auto mounts =
      ParseMounts("/dev/sda /a\\040b\\134 ext4 rw,relatime 0 0\nbroken line\nnone /x tmpfs nosuid,ro 0 0\n");
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].mount_point == "/a b\\");
  CHECK_FALSE(mounts[0].read_only);
  CHECK(mounts[1].read_only);
}

TEST_CASE("drivers are looked for on two pages and then on every tenth, and always where files come without them") {
  DriverWatch drivers("/proc", "/sys");
  std::vector<bool> looks(12);
  for (size_t page = 0; page < looks.size(); ++page) looks[page] = drivers.ShallLook();
  CHECK(looks == std::vector<bool>{true, true, false, false, false, false, false, false, false, false, true, false});

  const FileTree tree;
  tree.Write("module/loop/refcnt", "0");
  for (const auto& [procfs, sysfs] :
       {std::pair(tree.Path(""), std::string("/sys")), std::pair(std::string("/proc"), tree.Path(""))}) {
    DriverWatch files(procfs, sysfs);
    for (int page = 0; page < 12; ++page) CHECK(files.ShallLook());
  }
}

TEST_CASE("mounts do not change by themselves, and files that only look like theirs may always have") {
  MountsWatch watch;
  CHECK(watch.MayHaveChanged());
  watch.Start("/proc/self/mounts");
  CHECK_FALSE(watch.MayHaveChanged());
  CHECK_FALSE(watch.MayHaveChanged());
  watch.Stop();
  CHECK(watch.MayHaveChanged());

  const FileTree tree;
  tree.Write("mounts", "");
  watch.Start(tree.Path("mounts"));
  CHECK(watch.MayHaveChanged());
  watch.Start(tree.Path("missing"));
  CHECK(watch.MayHaveChanged());
}

TEST_CASE("paths over local file systems alone are known not to hang") {
  const FileTree tree;
  tree.Write(
      "mounts",
      "/dev/sda / ext4 rw 0 0\nnone /run tmpfs rw 0 0\nserver:/home /home nfs rw 0 0\n/dev/sdb /home/local xfs rw 0 0\n"
      "none /over tmpfs rw 0 0\nsome /over fuse.sshfs rw 0 0\n");
  LocalMounts local(tree.Path("mounts"));
  CHECK_FALSE(local.Contain("/"));
  local.Refresh();
  CHECK(local.Contain("/"));
  CHECK(local.Contain("/run"));
  CHECK(local.Contain("/homes"));
  CHECK_FALSE(local.Contain("/home"));
  CHECK_FALSE(local.Contain("/home/local"));  // the way there leads over the server
  CHECK_FALSE(local.Contain("/over"));
}

TEST_CASE("the prober answers for mounts and for paths that are none") {
  MountProber prober;
  using namespace std::chrono_literals;
  for (int round = 0; round < 3; ++round) {
    const auto results = prober.Probe({"/", "/does-not-exist", "/proc"}, 2s, 10s);
    REQUIRE(results.size() == 3);
    CHECK(results[0].state == MountProber::Result::State::kOk);
    CHECK(results[0].info.f_frsize > 0);
    CHECK(results[1].state == MountProber::Result::State::kError);
    CHECK(results[1].error_number == ENOENT);
    CHECK(results[2].state == MountProber::Result::State::kOk);
  }
  CHECK(prober.HungCalls() == 0);
}
