// train_classifier --checkpoint and --resume: a run that was killed ends as one that was left alone.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "files.hpp"
#include "run.hpp"

using namespace test_files;

namespace {

const std::string program = "'" XGRAD_TRAIN_PROGRAM "'";

Run train(const std::string& options) { return shell(program + " " + options + " 2>&1"); }

std::string bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const Folder& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.str()), {}));
}

/// Kills the run after its file was seen to change so many times.
Run kill_after_saves(const std::string& options, const std::filesystem::path& file, int saves) {
    const std::string inode = "$(stat -c %i '" + file.string() + "' 2>/dev/null)";
    const std::string watch = "last=" + inode + "; seen=0; while [ $seen -lt " + std::to_string(saves) +
                              " ] && kill -0 $child; do now=" + inode +
                              "; if [ \"$now\" != \"$last\" ]; then last=$now; seen=$((seen + 1)); fi; done; kill -KILL $child; ";
    return shell(program + " " + options + " > /dev/null 2>&1 & child=$!; " + watch + "wait $child 2>/dev/null");
}

constexpr int killed = 128 + 9;

} // namespace

BOOST_AUTO_TEST_SUITE(resume)

BOOST_AUTO_TEST_CASE(ends_with_the_very_parameters_after_kills_in_mid_epoch) {
    for (const auto& [ending, rule] : {std::pair(".npz", "nadam"), std::pair(".safetensors", "momentum")})
            BOOST_TEST_CONTEXT(ending << ' ' << rule) {
                const Folder folder;
                const auto alone = folder / (std::string("alone") + ending), kept = folder / (std::string("kept") + ending);
                const std::string run = std::string("--epochs 3 --seed 7 --threads 1 --optimizer ") + rule + " --checkpoint ";
                const Run left_alone = train(run + alone.string());
                BOOST_TEST(left_alone.status == 0);

                // 80 steps an epoch: 13 and its multiples lie in mid-epoch; a file is written at the end of each epoch, too.
                const std::string often = run + kept.string() + " --checkpoint-every 13";
                BOOST_TEST(kill_after_saves(often, kept, 3).status == killed);
                BOOST_TEST(kill_after_saves(often + " --resume", kept, 2).status == killed);
                BOOST_TEST(bytes(kept) != bytes(alone));
                const Run last = train(often + " --resume");
                BOOST_TEST(last.status == 0);
                BOOST_TEST(last.has("\ncontinues after [0-9]+ epochs and (0|13|26|39|52|65|78) steps\n"), last.output);
                BOOST_TEST((bytes(kept) == bytes(alone)));
                BOOST_TEST(last.test_accuracy() == left_alone.test_accuracy());
            }
}

BOOST_AUTO_TEST_CASE(goes_on_for_more_epochs) {
    const Folder folder;
    const std::string file = (folder / "a.npz").string(), other = (folder / "b.npz").string();
    train("--epochs 2 --optimizer adam --checkpoint " + file);
    const Run more = train("--epochs 4 --optimizer adam --resume --checkpoint " + file);
    BOOST_TEST(more.has("\nepoch +3/4 .*\nepoch +4/4 "));
    BOOST_TEST(!more.has("epoch +2/4 "));
    const Run at_once = train("--epochs 4 --optimizer adam --checkpoint " + other);
    BOOST_TEST((bytes(file) == bytes(other)));

    const Run done = train("--epochs 4 --optimizer adam --resume --checkpoint " + file);
    BOOST_TEST(!done.has("epoch +[0-9]/4"));
    BOOST_TEST(done.test_accuracy() == at_once.test_accuracy());
}

BOOST_AUTO_TEST_CASE(saves_at_an_interrupt) {
    for (const auto& [signal, name, status] : {std::tuple("INT", "Ctrl-C", 130), std::tuple("TERM", "SIGTERM", 143)}) {
        const Folder folder;
        const std::string file = (folder / "a.npz").string();
        // It stands at step 13 or later once the file was written a second time.
        const std::string wait = "while [ \"$(stat -c %i " + file + " 2>/dev/null)\" = \"$first\" ] || [ -z \"$first\" ]; do "
                                 "[ -z \"$first\" ] && first=$(stat -c %i " + file + " 2>/dev/null); sleep 0.01; done; ";
        const Run stopped = shell(program + " --epochs 1000000 --checkpoint-every 13 --checkpoint " + file + " & child=$!; first=; " +
                                  wait + "kill -" + signal + " $child; wait $child");
        BOOST_TEST(stopped.status == status);
        BOOST_TEST(stopped.has(std::string("\nstopped by ") + name + " in epoch [0-9]+ of 1000000, after [0-9]+ of its 80 steps\n$"),
                   stopped.output);
        const Run rest = train("--epochs 1 --resume --checkpoint " + file);
        BOOST_TEST(rest.status == 0);
        BOOST_TEST(rest.has("\ncontinues after [0-9]+ epochs and [0-9]+ steps\n"));
        BOOST_TEST(!rest.has("\ncontinues after 0 epochs and 0 steps\n"));
    }
}

BOOST_AUTO_TEST_CASE(never_overwrites_a_run) {
    for (const char* ending : {".npz", ".safetensors"}) {
        const Folder folder;
        const std::string file = (folder / (std::string("a") + ending)).string();
        BOOST_TEST(train("--epochs 1 --checkpoint " + file).status == 0);
        const std::string before = bytes(file);
        const Run again = train("--epochs 1 --checkpoint " + file);
        BOOST_TEST(again.status == 1);
        BOOST_TEST(again.lines() == 1u);
        BOOST_TEST(again.has("^train_classifier: .*: is there already and holds another run; go on with that by --resume, or name "
                             "another file, or delete it\n$"),
                   again.output);
        BOOST_TEST((bytes(file) == before));
        // Each of the three that it names.
        BOOST_TEST(train("--epochs 1 --resume --checkpoint " + file).status == 0);
        BOOST_TEST(train("--epochs 1 --checkpoint " + (folder / (std::string("b") + ending)).string()).status == 0);
        std::filesystem::remove(file);
        BOOST_TEST(train("--epochs 1 --checkpoint " + file).status == 0);
    }
}

BOOST_AUTO_TEST_CASE(one_command_suits_a_restart_loop) {
    const Folder folder;
    const auto file = folder / "a.npz", alone = folder / "alone.npz";
    const std::string command = "--epochs 2 --threads 1 --resume --checkpoint-every 13 --checkpoint ";
    BOOST_TEST(kill_after_saves(command + file.string(), file, 3).status == killed);
    const Run rest = train(command + file.string());
    BOOST_TEST(rest.status == 0);
    BOOST_TEST(rest.has("\ncontinues after "));
    const Run first = train(command + alone.string()); // there was none
    BOOST_TEST(first.status == 0);
    BOOST_TEST(!first.has("continues"));
    BOOST_TEST((bytes(file) == bytes(alone)));
}

BOOST_AUTO_TEST_CASE(removes_what_killed_runs_left_beside_the_file) {
    const Folder folder;
    const std::string file = (folder / "a.npz").string();
    train("--epochs 1 --checkpoint " + file);
    shell("sh -c 'echo half > " + file + ".$$.0.tmp'"); // a process that is gone
    shell("echo other > " + folder.str() + "/b.npz.1.tmp");
    BOOST_TEST(files_in(folder) == 3u);
    BOOST_TEST(train("--epochs 1 --resume --checkpoint " + file).status == 0);
    BOOST_TEST(files_in(folder) == 2u);
}

BOOST_AUTO_TEST_CASE(says_in_one_line_what_is_wrong_with_a_file_and_leaves_it) {
    const Folder folder;
    const std::string good = (folder / "good.npz").string(), safe = (folder / "good.safetensors").string();
    train("--epochs 1 --checkpoint " + good);
    train("--epochs 1 --checkpoint " + safe);
    const std::string whole = bytes(good), whole_safe = bytes(safe);
    std::string flipped = whole;
    flipped[whole.size() / 2] ^= 1;
    folder.write("cut.npz", whole.substr(0, whole.size() / 2));
    folder.write("cut.safetensors", whole_safe.substr(0, whole_safe.size() / 2));
    folder.write("flipped.npz", flipped);
    folder.write("empty.npz", "");
    const std::size_t files = files_in(folder);

    const std::pair<const char*, const char*> cases[] = {
        {"cut.npz", "cut.npz"},         {"cut.safetensors", "cut.safetensors"},
        {"flipped.npz", "flipped.npz"}, {"empty.npz", "empty.npz"},
        {"good.npz --optimizer adam", "is of a run with softmax loss, sgd, .*; this one is with softmax loss, adam, "},
        {"good.npz --seed 9", "is of a run with .* seed 1, .*; this one is with .* seed 9, "},
        {"good.npz --batch-size 50", "is of a run with .* batches of 100, "}};
    for (const auto& [options, message] : cases)
        BOOST_TEST_CONTEXT(options) {
            const std::string file = (folder / std::string(options).substr(0, std::string(options).find(' '))).string();
            const std::string before = bytes(file);
            const Run run = train("--epochs 2 --resume --checkpoint " + folder.str() + "/" + options);
            BOOST_TEST(run.status == 1);
            BOOST_TEST(run.lines() == 1u);
            BOOST_TEST(run.has(std::string("^train_classifier: .*") + message), run.output);
            BOOST_TEST((bytes(file) == before));
        }
    BOOST_TEST(files_in(folder) == files);

    const Run nowhere = train("--epochs 1000 --checkpoint " + folder.str() + "/nothing/a.npz");
    BOOST_TEST(nowhere.status == 1);
    BOOST_TEST(!nowhere.has("epoch "));
}

BOOST_AUTO_TEST_SUITE_END()
