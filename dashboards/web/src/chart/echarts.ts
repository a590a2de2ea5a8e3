import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

/** What reports need of ECharts and nothing else of it; to be imported lazily. */
use([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer])

export { init }
