#include "analyzer/analysis/normal.h"

#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace tidemark::analysis {

double NormalCdf(double z) { return boost::math::cdf(boost::math::normal(), z); }
double NormalQuantile(double p) { return boost::math::quantile(boost::math::normal(), p); }
double TwoSidedP(double z) {
  return 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), std::fabs(z)));
}

}  // namespace tidemark::analysis
