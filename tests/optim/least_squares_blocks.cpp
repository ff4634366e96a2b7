// Residuals that depend on few blocks each: the Schur complement goes the way that the whole problem goes.

#include <algorithm>

#include "rules.hpp"

using namespace test;
using namespace xgrad::optim;

namespace {

using Index = std::vector<std::int64_t>;

/// Some cameras (rotation vector, translation, focal length) on a circle about points, and which sees which.
struct Scene {
    xt::xarray<double> cameras, points, seen;
    Index camera_of, point_of;
    Scene(std::size_t camera_count, std::size_t point_count, double visible, double noise = 1e-3) {
        Random random(5);
        cameras = filled<double>({camera_count, 7}, 0);
        points = random_array<double>({point_count, 3}, random);
        const auto chance = random_array<double>({camera_count, point_count}, random), jitter = random_array<double>({camera_count * point_count, 2}, random);
        for (std::size_t i = 0; i < camera_count; ++i) {
            cameras(i, 1) = 6.28 * static_cast<double>(i) / static_cast<double>(camera_count);
            cameras(i, 5) = -8, cameras(i, 6) = 2;
        }
        std::vector<double> all;
        for (std::size_t p = 0; p < point_count; ++p)
            for (std::size_t c = 0; c < camera_count; ++c)
                if (std::abs(chance(c, p)) <= visible || c < 2) {
                    camera_of.push_back(static_cast<std::int64_t>(c)), point_of.push_back(static_cast<std::int64_t>(p));
                    const double a = cameras(c, 1), x = points(p, 0), y = points(p, 1), z = points(p, 2);
                    const double u = std::cos(a) * x + std::sin(a) * z, w = -std::sin(a) * x + std::cos(a) * z - 8;
                    all.push_back(-2 * u / w + noise * jitter(all.size() / 2, 0)), all.push_back(-2 * y / w + noise * jitter(all.size() / 2, 1));
                }
        seen = xt::adapt(all, Extents{all.size() / 2, 2});
        const auto shake_cameras = random_array<double>({camera_count, 7}, random), shake_points = random_array<double>({point_count, 3}, random);
        for (std::size_t i = 7; i < cameras.size(); ++i) cameras.data()[i] += 0.02 * shake_cameras.data()[i];
        for (std::size_t i = 0; i < points.size(); ++i) points.data()[i] += 0.05 * shake_points.data()[i];
    }
};

Var project(Var camera, Var point) {
    const Var q = SO3::act(SO3::exp(slice(camera, 0, 0, 3)), point) + slice(camera, 0, 3, 6);
    return -camera[6] * slice(q, 0, 0, 2) / q[2];
}

/// The same problem as blocks and as a whole, after some iterations.
void agree(const Scene& scene, const RobustLoss& loss, bool eliminate, const LevenbergMarquardt& method, double falls = 0.01) {
    xg::Tape tape;
    const Var c = tape.parameter(scene.cameras, "cameras"), p = tape.parameter(scene.points, "points"), seen = tape.constant(scene.seen);
    BlockLeastSquares blocks({c, p}, {.eliminate = eliminate ? p : Var()});
    const auto residuals = [](Var camera, Var point, Var at) { return project(camera, point) - at; };
    blocks.add(residuals, {{c, scene.camera_of}, {p, scene.point_of}}, {seen}, loss, 2);
    LeastSquares whole({{vmap(residuals, take(c, tape.constant(scene.camera_of), 0), take(p, tape.constant(scene.point_of), 0), seen), loss, 2, true}}, {c, p});
    BOOST_TEST(blocks.residuals() == whole.residuals());
    BOOST_TEST(blocks.size() == whole.size());
    BOOST_TEST(blocks.cost() == whole.cost(), boost::test_tools::tolerance(1e-13));
    const SearchReport one = method.solve(blocks);
    const auto cameras = c.value<double>(), points = p.value<double>();
    tape.assign(c, scene.cameras), tape.assign(p, scene.points);
    const SearchReport two = method.solve(whole);
    BOOST_TEST(same(cameras, c.value<double>(), 1e-7, 1e-7));
    BOOST_TEST(same(points, p.value<double>(), 1e-7, 1e-7));
    BOOST_TEST(one.losses.size() == two.losses.size());
    for (std::size_t i = 0; i < std::min(one.losses.size(), two.losses.size()); ++i) BOOST_TEST(one.losses[i] == two.losses[i], boost::test_tools::tolerance(1e-8));
    BOOST_TEST(one.losses.back() < falls * one.losses.front());
}

} // namespace

BOOST_AUTO_TEST_SUITE(least_squares_blocks)

BOOST_AUTO_TEST_CASE(blocks_go_the_way_of_the_whole) {
    const LevenbergMarquardt few{.max_iterations = 5, .solver = LinearSolver::cholesky};
    for (const bool eliminate : {true, false}) {
        agree(Scene(4, 30, 1), {}, eliminate, few);                 // all see all: one product of matrices
        agree(Scene(4, 30, 1, 0.02), Huber{0.01}, eliminate, few, 0.5);
        agree(Scene(30, 40, 0.1), {}, eliminate, few);              // few see each: pair by pair
    }
}

BOOST_AUTO_TEST_CASE(elements_of_all_kinds_of_ops) {
    // Products of matrices, sums, transposes, selections, ops that are kept whole, and Vars from outside.
    xg::Tape tape;
    Random random(2);
    const Var a = tape.parameter(random_array<double>({5, 6}, random), "a"), b = tape.parameter(random_array<double>({4, 2}, random), "b");
    const Var scale = tape.constant({1.0, 2.0}), data = tape.constant(random_array<double>({9, 2}, random));
    const auto residuals = [&](Var u, Var v, Var d) {
        const Var m = reshape(u, {2, 3}), product = matmul(transpose(m), matmul(m, transpose(m)) + 1); // (3, 2)
        const Var w = matmul(product, v) + sum(square(m), 0) - mean(m);
        const Var outer = expand_dims(v, 1) * expand_dims(d, 0) + scale; // (2, 2)
        const Var turned = matmul(m, matmul(outer, m, {.transpose_a = true}), {.transpose_b = true});
        return xg::concatenate({where(w > 0, w, 2 * w), scale * (flip(v) - d), reshape(max(m) * sum(product, {0, 1}), {1}), reshape(turned, {-1})});
    };
    const Index of_a{0, 1, 2, 3, 4, 0, 1, 2, 3}, of_b{0, 1, 2, 3, 0, 1, 2, 3, 3};
    BlockLeastSquares blocks({a, b}, {.eliminate = b});
    blocks.add(residuals, {{a, of_a}, {b, of_b}}, {data});
    LeastSquares whole(vmap(residuals, take(a, tape.constant(of_a), 0), take(b, tape.constant(of_b), 0), data), {a, b});
    BOOST_TEST(blocks.cost() == whole.cost(), boost::test_tools::tolerance(1e-13));
    const auto start_a = a.value<double>(), start_b = b.value<double>();
    const LevenbergMarquardt few{.max_iterations = 4, .damping = 0.1, .solver = LinearSolver::cholesky};
    (void)few.solve(blocks);
    const auto end_a = a.value<double>(), end_b = b.value<double>();
    tape.assign(a, start_a), tape.assign(b, start_b);
    (void)few.solve(whole);
    BOOST_TEST(same(end_a, a.value<double>(), 1e-9, 1e-9));
    BOOST_TEST(same(end_b, b.value<double>(), 1e-9, 1e-9));
}

BOOST_AUTO_TEST_CASE(a_graph_of_poses) {
    // A ring of poses, each with what is measured of the next one, in which the first is held: exact measurements are met.
    for (const bool gauss_newton : {false, true}) {
        xg::Tape tape;
        const std::size_t n = 12;
        auto twists = filled<double>({n, 6}, 0);
        for (std::size_t i = 0; i < n; ++i) twists(i, 0) = std::cos(0.5 * i), twists(i, 1) = std::sin(0.5 * i), twists(i, 4) = 0.3 * i - 1.5, twists(i, 5) = 0.2 * std::sin(1.0 * i);
        const Var truth = SE3::exp(tape.constant(twists));
        Index from(n), to(n);
        for (std::size_t i = 0; i < n; ++i) from[i] = static_cast<std::int64_t>(i), to[i] = static_cast<std::int64_t>((i + 1) % n);
        const Var steps = tape.constant(SE3::multiply(SE3::inverse(truth), take(truth, tape.constant(to), 0)).value<double>());
        auto wrong = twists;
        for (std::size_t i = 1; i < n; ++i) for (std::size_t k = 0; k < 6; ++k) wrong(i, k) += 0.1 * std::sin(7.0 * i + 3.0 * k);
        const Var poses = tape.parameter(SE3::exp(tape.constant(wrong)).value<double>(), "poses");
        BlockLeastSquares problem({{poses, SE3{}}}, {.fixed = {{poses, {0}}}});
        problem.add([](Var a, Var b, Var step) { return SE3::log(SE3::multiply(SE3::inverse(step), SE3::multiply(SE3::inverse(a), b))); },
                    {{poses, from}, {poses, to}}, {steps});
        BOOST_TEST(problem.size() == 6 * (n - 1));
        BOOST_TEST(problem.residuals() == 6 * n);
        const auto first = poses.value<double>();
        const SearchReport report = gauss_newton ? GaussNewton{}.solve(problem) : LevenbergMarquardt{}.solve(problem);
        BOOST_TEST(report.loss < 1e-18, report.str());
        BOOST_TEST(report.iterations < 12u);
        const auto end = poses.value<double>(), wanted = truth.value<double>();
        BOOST_TEST(same(end, wanted, 0, 1e-8));
        for (std::size_t k = 0; k < 7; ++k) BOOST_TEST(end(0, k) == first(0, k));
    }
}

BOOST_AUTO_TEST_CASE(bounds_and_several_kinds_of_residuals) {
    // x_k near data of its own and near a common m; x_k <= 1, and the m that is left is the mean of the x_k and a prior.
  for (const bool eliminate : {true, false}) {
    xg::Tape tape;
    const Var x = tape.parameter(filled<double>({3, 1}, 0), "x"), m = tape.parameter(filled<double>({1, 1}, 0), "m");
    BlockLeastSquares problem({{x, Bounds{.upper = {1}}}, m}, {.eliminate = eliminate ? x : Var()});
    problem.add([](Var one, Var d) { return one - d; }, {{x, {0, 1, 2}}}, {tape.constant(xt::xarray<double>{0.0, 2.0, 5.0})});
    problem.add([](Var one, Var all) { return one - all; }, {{x, {0, 1, 2}}, {m, {0, 0, 0}}});
    problem.add([](Var all) { return all - 3; }, {{m, {0}}}, {}, {}, 4);
    const SearchReport report = LevenbergMarquardt{.max_iterations = 100, .damping = 1e-9}.solve(problem);
    BOOST_TEST(report.iterations < 5u, report.str()); // once it is known which are held, a linear problem
    // m = (x0 + 1 + 1 + 12) / 7 and x0 = m / 2: m = 14 / 6.5, and x0 above 1 is cut to 1, so m = 15 / 7
    BOOST_TEST(same(squeeze(x, {1}).value<double>(), xt::xarray<double>{1, 1, 1}, 1e-9), report.str());
    BOOST_TEST(m.value<double>()(0, 0) == 15.0 / 7, boost::test_tools::tolerance(1e-8));
    BOOST_TEST(same(x.value<double>(), filled<double>({3, 1}, 1))); // none is above
  }
}

BOOST_AUTO_TEST_CASE(covariance_as_that_of_the_whole) {
    xg::Tape tape;
    const Scene scene(3, 20, 1);
    const Var c = tape.parameter(scene.cameras, "cameras"), p = tape.parameter(scene.points, "points"), seen = tape.constant(scene.seen);
    const auto residuals = [](Var camera, Var point, Var at) { return project(camera, point) - at; };
    BlockLeastSquares blocks({c, p}, {.eliminate = p});
    blocks.add(residuals, {{c, scene.camera_of}, {p, scene.point_of}}, {seen});
    BOOST_TEST((error_of([&] { (void)blocks.covariance(); }).starts_with(
        "covariance: the Jacobian has not full rank: some direction of the unknowns changes no residual, as moving all cameras and points together "
        "does; add residuals that say where they are")));
    const Var prior = tape.constant(scene.cameras);
    blocks.add([](Var camera, Var at) { return camera - at; }, {{c, {0, 1, 2}}}, {prior}, {}, 10);
    LeastSquares whole({{vmap(residuals, take(c, tape.constant(scene.camera_of), 0), take(p, tape.constant(scene.point_of), 0), seen)}, {c - prior, {}, 10}}, {c, p});
    const auto mine = blocks.covariance(), all = whole.covariance();
    BOOST_TEST(mine.shape()[0] == 21u);
    for (std::size_t i = 0; i < 21; ++i)
        for (std::size_t j = 0; j < 21; ++j) BOOST_TEST(std::abs(mine(i, j) - all(i, j)) < 1e-7 * std::sqrt(all(i, i) * all(j, j)));
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const Var c = tape.parameter(filled<double>({2, 3}, 1), "c"), p = tape.parameter(filled<double>({4, 3}, 1), "p"), flat = tape.parameter({1.0, 2.0}, "flat");
    const auto f = [](Var a, Var b) { return a - b; };
    const auto error = [](auto make) { return error_of([&] { make(); }); };
    BOOST_TEST(error([&] { BlockLeastSquares problem({}); }) == "BlockLeastSquares: no unknowns were given" + at(__LINE__));
    BOOST_TEST(error([&] { BlockLeastSquares problem({flat}); }) ==
               "BlockLeastSquares: \"flat\" (2,) was given; the blocks of an unknown are the rows of a matrix" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { BlockLeastSquares problem({c}, {.eliminate = p}); }).starts_with("BlockLeastSquares: %"));
    BOOST_TEST(error([&] { BlockLeastSquares problem({c}, {.fixed = {{c, {2}}}}); }) ==
               "BlockLeastSquares: row 2 of \"c\" (2, 3) was asked for; rows are 0 to 1" + at(__LINE__ - 1));
    BlockLeastSquares problem({c, p}, {.eliminate = p});
    const int line = __LINE__ - 1;
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{}.solve(problem); }) == "LevenbergMarquardt: the problem has no residuals; give it some with add" + at(line));
    BOOST_TEST(error([&] { problem.add(f, {{c, {0, 1}}}); }) == "add: the residuals are a function of 2 Vars, and 1 were given: 1 blocks and 0 data" + at(__LINE__));
    BOOST_TEST(error([&] { problem.add(f, {{c, {0, 1}}, {p, {0, 4}}}); }) == "add: row 4 of \"p\" (4, 3) was asked for; rows are 0 to 3" + at(__LINE__));
    BOOST_TEST(error([&] { problem.add(f, {{c, {0, 1}}, {p, {-1, 0}}}); }) == "add: row -1 of \"p\" (4, 3) was asked for; rows are 0 to 3" + at(__LINE__));
    BOOST_TEST(error([&] { problem.add(f, {{c, {0, 1}}, {p, {0}}}); }) ==
               "add: there are 1 rows of \"p\" and 2 of \"c\"; there must be one of each for each observation, and at least one observation" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { problem.add(f, {{p, {0, 1}}, {p, {1, 2}}}); }) ==
               "add: an observation has 2 blocks of \"p\", which is to be eliminated; it may have one, so eliminate another unknown, or none" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { problem.add(f, {{c, {0, 1}}}, {tape.constant({1.0, 2.0, 3.0})}); }) ==
               "add: data of shape (3,) were given for 2 observations, which must be the first axis" + at(__LINE__ - 1));
    BOOST_TEST(error([&] { problem.add(f, {{c, {0, 1}}, {p, {0, 1}}}, {}, {}, -1); }) == "add: the weight of residuals is -1; it must be above 0 and finite" + at(__LINE__));
    problem.add([](Var a, Var b) { return log(a - b + 1) - 1; }, {{c, {0, 1}}, {p, {2, 3}}});
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{.solver = LinearSolver::qr}.solve(problem); }) ==
               "LevenbergMarquardt: a problem of blocks is solved by its Schur complement and Cholesky's factor; leave out LinearSolver::qr" + at(line));
    tape.assign(p, 3);
    BOOST_TEST(error([&] { (void)LevenbergMarquardt{}.solve(problem); }) ==
               "LevenbergMarquardt: a residual of observation 0 (row 0 of \"c\", row 2 of \"p\") is nan where the search starts; start where all of them are finite" + at(line));
    BlockLeastSquares held({c, p}, {.fixed = {{c, {0}}}});
    BOOST_TEST(error([&] { (void)held.covariance(); }).starts_with("covariance: blocks are fixed; make a problem without `fixed`"));
}

BOOST_AUTO_TEST_SUITE_END()
